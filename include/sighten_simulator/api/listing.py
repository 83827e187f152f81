"""Rows that can be narrowed down by some of their keys without looking at each of them."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]
Found = tuple[dict[str, str], Row]  # what the row is found by, and what is shown of it


class Listing:
    """One list of the API, made once."""

    def __init__(self, found: Iterable[Found]) -> None:
        self._all: list[Found] = list(found)
        self._by_key: dict[tuple[str, str], list[Found]] = {}
        for one in self._all:
            for pair in one[0].items():
                self._by_key.setdefault(pair, []).append(one)

    def narrowed(self, wanted: Mapping[str, str]) -> list[Row]:
        """The rows that have all those values, in their order."""
        fewest = min((self._by_key.get(pair, []) for pair in wanted.items()), key=len, default=self._all)
        return [row for keys, row in fewest if wanted.items() <= keys.items()]

"""The rows of one list, indexed by the keys that they can be filtered by."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = dict[str, Any]
KeyedRow = tuple[dict[str, str], Row]  # the keys to filter by, and the row


class Listing:
    """One list of the API; never changes."""

    def __init__(self, rows: Iterable[KeyedRow]) -> None:
        self._all: list[KeyedRow] = list(rows)
        self._by_key: dict[tuple[str, str], list[KeyedRow]] = {}
        for keyed_row in self._all:
            for pair in keyed_row[0].items():
                self._by_key.setdefault(pair, []).append(keyed_row)

    def filtered(self, filters: Mapping[str, str]) -> list[Row]:
        """The rows that match all filters, in their order."""
        fewest = min((self._by_key.get(pair, []) for pair in filters.items()), key=len, default=self._all)
        return [row for keys, row in fewest if filters.items() <= keys.items()]

"""Pages of a list, one after the other, and an end to those that have none."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.errors import ApiContractError

MAX_PAGES = 10_000
LISTS = ("results", "data")


def items_of(answer: Answer) -> list[Any]:
    """What stands on the page, under whichever name the API's two kinds of list have for it.

    Raises:
        ApiContractError: there is no list.
    """
    content = answer.content
    if isinstance(content, list):
        return content
    if isinstance(content, dict):
        for name in LISTS:
            if isinstance(content.get(name), list):
                found: list[Any] = content[name]
                return found
    raise ApiContractError(f"{answer.path}: answered without a list; expected one under {' or '.join(LISTS)}")


def next_link(answer: Answer) -> str | None:
    """The link to the next page, if there is one.

    Raises:
        ApiContractError: it is something else than a text or null.
    """
    link = answer.content.get("next") if isinstance(answer.content, dict) else None
    if link is not None and not isinstance(link, str):
        raise ApiContractError(f"{answer.path}: next is {type(link).__name__}, expected an address or null")
    return link or None


class PagesSeen:
    """Notices a list that goes round in a circle, on for ever, or further than it links to."""

    def __init__(self, path: str, *, most: int = MAX_PAGES) -> None:
        self._path = path
        self._most = most
        self._addresses: set[str] = set()
        self._items: list[Any] | None = None
        self._taken = 0

    def add(self, url: str) -> None:
        """The page at that address comes next.

        Raises:
            ApiContractError: it has come before, or there were too many.
        """
        if url in self._addresses:
            raise self._error("a page that has come before")
        if len(self._addresses) == self._most:
            raise self._error(f"more than {self._most} pages")
        self._addresses.add(url)

    def is_repeated(self, items: list[Any]) -> bool:
        """Whether the same items were on the page before."""
        repeated = self._items == items
        self._items = items
        return repeated

    def check(self, items: list[Any]) -> None:
        """These items are not those of the page before.

        Raises:
            ApiContractError: they are.
        """
        if self.is_repeated(items):
            raise self._error("a page with the same items as the one before")
        self._taken += len(items)

    def link_by_number(self, answer: Answer) -> str | None:
        """To the page after this one, if the list has no links at all, and counts more items than it gave so far."""
        content = answer.content
        if not isinstance(content, dict) or "next" in content or not self._items:
            return None
        count = content.get("count")
        if not isinstance(count, int) or count <= self._taken:
            return None
        asked = dict(parse_qsl(urlsplit(answer.target).query, keep_blank_values=True))
        return "?" + urlencode(asked | {"page": str(len(self._addresses) + 1)}, safe=",", quote_via=quote)

    def _error(self, met: str) -> ApiContractError:
        return ApiContractError(f"{self._path}: {met} after {len(self._addresses)} pages, expected an end of the list")


def says_more(answer: Answer) -> bool:
    """Whether the answer links to a next page, or counts more rows than it gives."""
    content = answer.content
    name = _list_of(content)
    if name is None:
        return False
    count = content.get("count")
    return bool(content.get("next")) or (isinstance(count, int) and count > len(content[name]))


def joined(pages: Iterable[Answer]) -> Answer:
    """The first page with the rows of all in its list; every number keeps its digits."""
    first, *others = pages
    name = _list_of(first.content)
    if name is None or not others:
        return first
    body = msgspec.json.decode(first.body, type=dict[str, msgspec.Raw])
    rows = [row for page in (first, *others) for row in _rows(page)]
    body[name] = msgspec.Raw(msgspec.json.encode(rows))
    whole = msgspec.json.encode(body)
    content = msgspec.json.decode(whole)
    return replace(first, body=whole, content=content, received_at=others[-1].received_at)


def _list_of(content: object) -> str | None:
    """The name under which the rows stand, if they are a list in an object."""
    if not isinstance(content, dict):
        return None
    return next((name for name in LISTS if isinstance(content.get(name), list)), None)


def _rows(page: Answer) -> list[msgspec.Raw]:
    name = _list_of(page.content)
    if name is None:
        return msgspec.json.decode(page.body, type=list[msgspec.Raw])
    return msgspec.json.decode(
        msgspec.json.decode(page.body, type=dict[str, msgspec.Raw])[name], type=list[msgspec.Raw]
    )

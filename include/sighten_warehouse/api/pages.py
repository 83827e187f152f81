"""Paging through the API's lists, with guards against lists that never end."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.errors import ApiContractError

MAX_PAGES = 10_000
LIST_KEYS = ("results", "data")


def items_of(answer: Answer) -> list[Any]:
    """Return the items of a page: a bare list, or one under `results` or `data`.

    Raises:
        ApiContractError: there is no list.
    """
    content = answer.content
    if isinstance(content, list):
        return content
    if isinstance(content, dict):
        for name in LIST_KEYS:
            if isinstance(content.get(name), list):
                found: list[Any] = content[name]
                return found
    raise ApiContractError(f"{answer.path}: answered without a list; expected one under {' or '.join(LIST_KEYS)}")


def next_link(answer: Answer) -> str | None:
    """Return the link to the next page, if there is one.

    Raises:
        ApiContractError: it is neither text nor null.
    """
    link = answer.content.get("next") if isinstance(answer.content, dict) else None
    if link is not None and not isinstance(link, str):
        raise ApiContractError(f"{answer.path}: next is {type(link).__name__}, expected an address or null")
    return link or None


class PagesSeen:
    """Detects a list that repeats pages, never ends, or counts more items than it links to."""

    def __init__(self, path: str, *, max_pages: int = MAX_PAGES) -> None:
        self._path = path
        self._max_pages = max_pages
        self._urls: set[str] = set()
        self._items: list[Any] | None = None
        self._item_count = 0

    def add(self, url: str) -> None:
        """Record the address of the next page.

        Raises:
            ApiContractError: the address is a repeat, or there are too many pages.
        """
        if url in self._urls:
            raise self._error("a repeated page")
        if len(self._urls) == self._max_pages:
            raise self._error(f"more than {self._max_pages} pages")
        self._urls.add(url)

    def is_repeated(self, items: list[Any]) -> bool:
        """Record a page's items; whether the page before had the same."""
        repeated = self._items == items
        self._items = items
        return repeated

    def check(self, items: list[Any]) -> None:
        """Record a page's items.

        Raises:
            ApiContractError: the page before had the same items.
        """
        if self.is_repeated(items):
            raise self._error("a page with the same items as the one before")
        self._item_count += len(items)

    def link_by_number(self, answer: Answer) -> str | None:
        """Return a link to the next page number, if the list has no links but counts more items than seen so far."""
        content = answer.content
        if not isinstance(content, dict) or "next" in content or not self._items:
            return None
        count = content.get("count")
        if not isinstance(count, int) or count <= self._item_count:
            return None
        query = dict(parse_qsl(urlsplit(answer.target).query, keep_blank_values=True))
        return "?" + urlencode(query | {"page": str(len(self._urls) + 1)}, safe=",", quote_via=quote)

    def _error(self, problem: str) -> ApiContractError:
        return ApiContractError(f"{self._path}: {problem} after {len(self._urls)} pages, expected an end of the list")


def has_more_pages(answer: Answer) -> bool:
    """Whether the answer links to a next page, or counts more rows than it holds."""
    content = answer.content
    name = _list_key(content)
    if name is None:
        return False
    count = content.get("count")
    return bool(content.get("next")) or (isinstance(count, int) and count > len(content[name]))


def join_pages(pages: Iterable[Answer]) -> Answer:
    """Return the first page with the rows of all pages; numbers keep their digits."""
    first, *others = pages
    name = _list_key(first.content)
    if name is None or not others:
        return first
    body = msgspec.json.decode(first.body, type=dict[str, msgspec.Raw])
    rows = [row for page in (first, *others) for row in _rows(page)]
    body[name] = msgspec.Raw(msgspec.json.encode(rows))
    encoded = msgspec.json.encode(body)
    content = msgspec.json.decode(encoded)
    return replace(first, body=encoded, content=content, received_at=others[-1].received_at)


def _list_key(content: object) -> str | None:
    """The key of the list of rows, if the content is an object with one."""
    if not isinstance(content, dict):
        return None
    return next((name for name in LIST_KEYS if isinstance(content.get(name), list)), None)


def _rows(page: Answer) -> list[msgspec.Raw]:
    name = _list_key(page.content)
    if name is None:
        return msgspec.json.decode(page.body, type=list[msgspec.Raw])
    return msgspec.json.decode(
        msgspec.json.decode(page.body, type=dict[str, msgspec.Raw])[name], type=list[msgspec.Raw]
    )

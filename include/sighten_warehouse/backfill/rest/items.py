"""The items of Sighten's lists, each as it came: so what is landed of them is the API's own words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.pages import LISTS
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.payload.fit import UNFIT, fit_uuid


@dataclass(frozen=True)
class Item:
    """One item: its JSON, byte for byte, and its id; None if it has none that could be asked by."""

    json: msgspec.Raw
    item_id: str | None


@dataclass(frozen=True)
class Listed:
    """A whole list: what was asked for it, and when; the API's state is at least as new as that."""

    items: tuple[Item, ...]
    path: str
    target: str
    asked_at: datetime


def read_list(pages: Iterable[Answer], *, asked_at: datetime) -> Listed:
    """The items of all pages, asked for from that moment on; one that stands on two pages is there once.

    Raises:
        ApiUnavailableError: the list changed while it was read: it holds fewer items than it says.
    """
    items: dict[str | bytes, Item] = {}
    target, path, said = "", "", 0
    for page in pages:
        target, path = target or page.target, page.path
        said = max(said, _count(page.content))
        items |= {item.item_id or bytes(item.json): item for item in map(_item, _raw_items(page.body))}
    if len(items) < said:
        raise ApiUnavailableError(f"{path}: gave {len(items)} items, expected {said} as it says itself")
    return Listed(tuple(items.values()), path, target, asked_at)


def _count(content: Any) -> int:
    count = content.get("count") if isinstance(content, dict) else None
    return count if isinstance(count, int) else 0


def _raw_items(body: bytes) -> list[msgspec.Raw]:
    """As `api_pages.items_of`, which has seen that there is a list, but unread."""
    content = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    if isinstance(content, list):
        return content
    lists = (content[name] for name in LISTS if bytes(content.get(name, b"")).startswith(b"["))
    return msgspec.json.decode(next(lists), type=list[msgspec.Raw])


def _item(raw: msgspec.Raw) -> Item:
    content = msgspec.json.decode(raw)
    item_id = fit_uuid(content.get("uuid")) if isinstance(content, dict) else UNFIT
    return Item(raw, item_id if isinstance(item_id, str) else None)

"""Reads the items of Sighten's lists and keeps their JSON as received, for landing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.pages import LIST_KEYS
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.payload.fit import UNFIT, fit_uuid


@dataclass(frozen=True)
class Item:
    """One item: its JSON, byte for byte, and its id; None if it has no valid UUID."""

    json: msgspec.Raw
    item_id: str | None


@dataclass(frozen=True)
class ItemList:
    """A complete list with its request; the items are at least as new as `asked_at`."""

    items: tuple[Item, ...]
    path: str
    target: str
    asked_at: datetime


def read_list(pages: Iterable[Answer], *, asked_at: datetime) -> ItemList:
    """Read the items of all pages, without repeats; `asked_at` is when the first page was requested.

    Raises:
        ApiUnavailableError: there are fewer items than the list's own count: it changed while it was read.
    """
    items: dict[str | bytes, Item] = {}
    target, path, count = "", "", 0
    for page in pages:
        target, path = target or page.target, page.path
        count = max(count, _count(page.content))
        items |= {item.item_id or bytes(item.json): item for item in map(_item, _raw_items(page.body))}
    if len(items) < count:
        raise ApiUnavailableError(f"{path}: gave {len(items)} items, expected {count} by its own count")
    return ItemList(tuple(items.values()), path, target, asked_at)


def _count(content: Any) -> int:
    count = content.get("count") if isinstance(content, dict) else None
    return count if isinstance(count, int) else 0


def _raw_items(body: bytes) -> list[msgspec.Raw]:
    """The items, undecoded; `pages.items_of` has checked that there is a list."""
    content = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | list[msgspec.Raw])
    if isinstance(content, list):
        return content
    lists = (content[key] for key in LIST_KEYS if bytes(content.get(key, b"")).startswith(b"["))
    return msgspec.json.decode(next(lists), type=list[msgspec.Raw])


def _item(raw: msgspec.Raw) -> Item:
    content = msgspec.json.decode(raw)
    item_id = fit_uuid(content.get("uuid")) if isinstance(content, dict) else UNFIT
    return Item(raw, item_id if isinstance(item_id, str) else None)

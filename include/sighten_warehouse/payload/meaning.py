"""The hash of a payload's meaning: its typed tree under the vendor's keys, whatever its formatting."""

import hashlib
from datetime import datetime
from typing import Any

from sighten_warehouse.payload.json_text import canonical_json
from sighten_warehouse.payload.shapes import DATA_LISTS, USER, Shape

Row = dict[str, Any]


def content_hash(kind: str, tree: bytes) -> str:
    """The hash of the tree as JSON with sorted keys, in which null, "None" and missing are all left out."""
    return hashlib.sha256(kind.encode() + b" " + tree).hexdigest()


def hash_of_row(kind: str, tree: Row) -> str:
    """The hash of a tree that is not encoded yet."""
    return content_hash(kind, canonical_json(tree))


def typed_tree(shape: Shape, row: Row) -> Row:
    """The tree of a conformed row, before any of its children were dropped; what was rescued is under `_rescued`."""
    tree: Row = {known.key: _spelt(row[known.name]) for known in shape.fields if row[known.name] is not None}
    if shape.assignee_key and (row["assigned_to"] or row["assigned_to_user_id"]) is not None:
        user = row["assigned_to"]
        tree[shape.assignee_key] = row["assigned_to_user_id"] if user is None else typed_tree(USER, user)
    if shape.has_data and (data := _data_tree(row)) is not None:
        tree["data"] = data
    tree |= _lists(shape.lists, row)
    return tree | _rescued(row["rescued"])


def _spelt(value: Any) -> Any:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value


def _data_tree(row: Row) -> Any:
    other = row["other_data"]
    if not isinstance(other, dict):
        return other
    return _lists(DATA_LISTS, row) | _rescued(other)


def _lists(shapes: dict[str, Shape], row: Row) -> Row:
    """The lists of children; an empty list means something, unlike a missing one."""
    return {
        name: [typed_tree(shape, child) for child in row[name]]
        for name, shape in shapes.items()
        if row[name] or row[f"{name}_complete"]
    }


def _rescued(rescued: Any) -> Row:
    return {"_rescued": rescued} if rescued else {}

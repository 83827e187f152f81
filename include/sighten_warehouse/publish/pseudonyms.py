"""Pseudonyms of addresses, names, labels and unknown keys: made with the home's own key, the same in every version."""

import hmac
import os
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import SettingError
from sighten_warehouse.guards.masking import WITH_PSEUDONYM, WITH_SHOWN
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import models
from sighten_warehouse.publish.inputs import add_rows
from sighten_warehouse.publish.shown_words import ENOUGH, LABELS, LIST_ITEM, known_keys, shown_labels
from sighten_warehouse.settings import Settings

KEY_BYTES = 32
_DIGITS = 16  # 64 bits: among a million people, the chance that two share a pseudonym is 1 in 37 million


def pseudonym(key: bytes, *, kind: str, value: str) -> str:
    """The pseudonym of that value: `email-8c1f…` or `name-03ab…`."""
    return f"{kind}-{hmac.new(key, f'{kind}:{value}'.encode(), 'sha256').hexdigest()[:_DIGITS]}"


def path_pseudonym(key: bytes, path: str, *, known: Collection[str]) -> str:
    """The path with every key that is not known as a pseudonym: `tasks[].key-8c1f…`."""
    return ".".join(_part_of_path(key, part, known) for part in path.split("."))


def _part_of_path(key: bytes, part: str, known: Collection[str]) -> str:
    name = part.removesuffix(LIST_ITEM)
    shown = name if name in known else pseudonym(key, kind="key", value=name)
    return shown + part[len(name) :]


def pseudonym_key(layout: Layout) -> bytes:
    """The home's key; the first publish creates it, readable by the owner only.

    Raises:
        SettingError: the content of the key file is not a key.
    """
    path = layout.pseudonym_key
    if not path.exists():
        replace_durably(path, _write_new_key)
    text = path.read_text().strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingError(
            f"{path}: expected {2 * KEY_BYTES} hexadecimal digits and nothing else; remove it for a new key"
        )
    return key


def _write_new_key(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")


def new_pseudonyms(
    connection: duckdb.DuckDBPyConnection, *, settings: Settings, layout: Layout, known: str
) -> list[tuple[str, str, str]]:
    """Kind, value and pseudonym of every value in history and marts that the table `known` lacks."""
    values = " union ".join(_selects())
    decided = f"select kind, value from {known}"
    found = connection.execute(f"from ({values}) anti join ({decided}) using (kind, value)").fetchall()
    key = pseudonym_key(layout)
    keys = known_keys(settings) if any(kind == "path" for kind, _ in found) else frozenset()
    labels = shown_labels(connection, (value for kind, value in found if kind == "label"), layout=layout)

    def shown_as(kind: str, value: str) -> str:
        if kind == "path":
            return path_pseudonym(key, value, known=keys)
        return value if kind == "label" and value in labels else pseudonym(key, kind=kind, value=value)

    return [(kind, value, shown_as(kind, value)) for kind, value in found]


def update_pseudonyms(connection: duckdb.DuckDBPyConnection, *, settings: Settings, layout: Layout, table: str) -> int:
    """Add to the table what it lacks, and decide again about labels that enough milestones share now, or no longer.

    Return how many rows it gained.
    """
    changed = f"value in (select label from {LABELS}) and (value = pseudonym) <> (value in ({ENOUGH}))"
    forgotten = connection.execute(f"delete from {table} where kind = 'label' and {changed}").fetchall()
    rows = new_pseudonyms(connection, settings=settings, layout=layout, known=table)
    return add_rows(connection, table, rows) - int(forgotten[0][0])


def _selects() -> Iterator[str]:
    """One `select` per column. History has all values of `main`, and all but composed names of `marts`."""
    for model in models().values():
        kinds = WITH_PSEUDONYM if model.is_loaded else set(WITH_PSEUDONYM) - set(WITH_SHOWN)
        if model.is_loaded or (model.schema == "marts" and not model.is_view):
            for column in model.columns:
                if column.pii in kinds:
                    value = f'"{column.name}"'
                    yield f"select '{column.pii}' as kind, {value} as value from {model.full_name} where {value} <> ''"

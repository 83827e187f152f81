"""Pseudonyms: one for each e-mail address and name, the same in every version, made with a key of the home's own."""

import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import models

NAMED = ("email", "name")  # kinds of personal data that have pseudonyms; the others are blotted out
PSEUDONYMS = "ops.pseudonyms"
KEY_BYTES = 32
_DIGITS = 16  # 64 bits: among a million people two share one with a chance of 1 in 37 million
PSEUDONYMS_SCHEMA = pa.schema([("kind", pa.string()), ("value", pa.string()), ("pseudonym", pa.string())])


def pseudonym(key: bytes, *, kind: str, value: str) -> str:
    """The pseudonym of that value: `email-8c1f…` or `name-03ab…`."""
    return f"{kind}-{hmac.new(key, f'{kind}:{value}'.encode(), 'sha256').hexdigest()[:_DIGITS]}"


def pseudonym_key(layout: Layout) -> bytes:
    """The home's key, made at its first use by the one who publishes, for its owner's eyes alone.

    Raises:
        SettingError: the file that holds it holds something else.
    """
    path = layout.pseudonym_key
    if not path.exists():
        replace_durably(path, _write_new_key)
    said = path.read_text().strip()
    try:
        key = bytes.fromhex(said)
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


def pseudonyms(connection: duckdb.DuckDBPyConnection, *, key: bytes) -> pa.Table:
    """The rows of `staging.pseudonyms`: every e-mail address and name that history and marts hold."""
    told = connection.sql(" union ".join(_told())).to_arrow_table()
    rows = [
        {"kind": kind, "value": value, "pseudonym": pseudonym(key, kind=kind, value=value)}
        for kind, value in zip(told.column("kind").to_pylist(), told.column("value").to_pylist(), strict=True)
    ]
    return pa.Table.from_pylist(rows, schema=PSEUDONYMS_SCHEMA)


def _told() -> Iterator[str]:
    """What is current, or was for a time, stands in history as well, so it need not be asked."""
    for model in models().values():
        if model.is_loaded or model.schema == "marts":
            for column in model.columns:
                if column.pii in NAMED:
                    value = f'"{column.name}"'
                    yield f"select '{column.pii}' as kind, {value} as value from {model.full_name} where {value} <> ''"

"""The published tables as plain Parquet, exported on their own cadence; parts without a change stay the same files."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import structlog

from sighten_warehouse.clock import Clock
from sighten_warehouse.duckdb_errors import explain_memory, explain_refusal
from sighten_warehouse.durable import ensure_folder, hardlink, point_link, remove_folder, rename, sync, write_durably
from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish.leftovers import EXPORT_SUFFIX
from sighten_warehouse.publish.versions import make_read_only, versions
from sighten_warehouse.remotes import folders_in, present
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

MANIFEST = "_version.json"  # readers of Parquet folders skip names that begin with an underscore
EXPORTED = ("main", "marts")
KEPT_EXPORTS = 2  # a reader that listed the files of the last one can still open them
_MONTH = "received_at"  # rows are parted by its month: what is not delivered again stays where it is

Parts = dict[str, list[Any]]  # file name → number of rows and fingerprint


def export_parquet_if_due(settings: Settings, *, clock: Clock | None = None) -> str | None:
    """Export the newest version if the last export is older than SIGHTEN_PARQUET_EVERY; return its name if it did.

    Raises:
        StorageError: the disk refused a write; the last export stays.
    """
    clock = clock or Clock()
    refresh(settings.layout, landing=False)
    exported = read_export(settings.layout)
    newest = next(reversed(versions(settings.layout)), None)
    if newest is None or newest.version == exported.get("version"):
        return None
    age = clock.now() - datetime.fromisoformat(exported["exported_at"]) if exported else None
    if age is not None and age.total_seconds() < settings.parquet_every:
        return None
    return export_parquet(settings, clock=clock)


def export_parquet(settings: Settings, *, clock: Clock | None = None) -> str | None:
    """Export the newest version to `published/parquet` by one rename; return its name, or None if there is none.

    Raises:
        StorageError: the disk refused a write; the last export stays.
    """
    layout = settings.layout
    with one_writer(layout, "parquet"), explain_memory(settings.publish_memory), explain_refusal(layout.root):
        refresh(layout, landing=False)
        newest = next(reversed(versions(layout)), None)
        if newest is None:
            return None
        before = read_export(layout)
        for leftover in layout.versions.glob(f".*{EXPORT_SUFFIX}"):  # of an export that was killed
            remove_folder(leftover)
        aside = layout.versions / f".{newest.version}.{uuid4().hex}{EXPORT_SUFFIX}"
        ensure_folder(aside)
        try:
            with _version(layout, newest.version, memory=settings.publish_memory) as connection:
                tables = _write(connection, aside, layout.parquet, before.get("tables", {}))
            now = (clock or Clock()).now().astimezone(UTC).isoformat(timespec="seconds")
            manifest = {"version": newest.version, "exported_at": now, "tables": tables}
            write_durably(aside / MANIFEST, json.dumps(manifest, indent=1).encode())
            folder = _swap_in(layout, aside, newest.version)
        finally:
            remove_folder(aside)
    log.info("exported_parquet", version=newest.version, folder=folder.name)
    return newest.version


def read_export(layout: Layout) -> dict[str, Any]:
    """The manifest of the last export; empty if there is none or it cannot be read, so that all is exported anew."""
    try:
        manifest: dict[str, Any] = json.loads((layout.parquet / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest


@contextmanager
def _version(layout: Layout, version: str, *, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        file = present(layout.versions / f"{version}.duckdb")
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = ?", [memory])
        connection.execute(f"attach '{quoted(file)}' as warehouse (read_only)")
        connection.execute("use warehouse")
        yield connection


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, last: Path, before: dict[str, Parts]
) -> dict[str, Parts]:
    """Write every table; parts with the rows and the fingerprint of before become links to the same files."""
    found = {}
    for schema, name in connection.execute(_tables()).fetchall():
        ensure_folder(folder / name)
        select = _plain(connection, schema, name)
        parts = _parts(connection, select, name)
        for part, facts in parts.items():
            path, same = folder / name / part, last / name / part
            if facts == before.get(name, {}).get(part) and same.exists():
                hardlink(same.resolve(), path)
            else:
                _export(connection, select, part, path)
        sync(folder / name)
        found[name] = parts
    return found


def _tables() -> str:
    schemas = ", ".join(f"'{schema}'" for schema in EXPORTED)
    known = f"where database_name = 'warehouse' and not internal and schema_name in ({schemas})"
    tables = f"select schema_name, table_name from duckdb_tables() {known}"
    return f"{tables} union all select schema_name, view_name from duckdb_views() {known} order by all"


def _plain(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> str:
    """Select the rows and the part of each. Not every reader supports the JSON type, so it becomes text."""
    table = f'{schema}."{name}"'
    types = {column: kind for column, kind, *_ in connection.execute(f"describe {table}").fetchall()}
    plain = (f'cast("{column}" as {kind.replace("JSON", "VARCHAR")}) as "{column}"' for column, kind in types.items())
    part = f"coalesce(strftime({_MONTH}, '%Y-%m'), 'undated')" if _MONTH in types else f"'{name}'"
    return f"select {', '.join(plain)}, {part} as _part from {table}"


def _parts(connection: duckdb.DuckDBPyConnection, select: str, name: str) -> Parts:
    """File name → number and fingerprint of its rows; a table without rows has one file, for its columns."""
    counted = f"select _part, count(*), cast(sum(cast(hash(rows) as hugeint)) as varchar) from ({select}) as rows"
    found = connection.execute(f"{counted} group by _part order by _part").fetchall()
    return {f"{part}.parquet": facts for part, *facts in found} or {f"{name}.parquet": [0, None]}


def _export(connection: duckdb.DuckDBPyConnection, select: str, part: str, path: Path) -> None:
    rows = f"select * exclude (_part) from ({select}) where _part = '{part.removesuffix('.parquet')}'"
    connection.execute(f"copy ({rows}) to '{quoted(path)}' (format parquet, compression zstd)")
    make_read_only(path)
    sync(path)


def _swap_in(layout: Layout, aside: Path, version: str) -> Path:
    folder = layout.versions / f"{version}.parquet"
    if folder.exists():  # the same version again
        folder = layout.versions / f"{version}.{uuid4().hex[:8]}.parquet"
    rename(aside, folder)
    sync(layout.versions)
    point_link(layout.parquet, folder)
    by_age = sorted(folders_in(layout.versions, "*.parquet"), key=_age)
    for old in [path for path in by_age if path != folder][: 1 - KEPT_EXPORTS or None]:
        remove_folder(old)
    return folder


def _age(export: Path) -> tuple[int, str]:
    """What sorts exports by age; one that is only stored, by another machine, is older than those that are here."""
    return (export.stat().st_mtime_ns if export.exists() else 0, export.name)

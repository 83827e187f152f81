"""Merges a group of batches into one: rows move, sorted by milestone, and lines move into one landing file a day."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

import duckdb

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.damage import refuse_altered
from sighten_warehouse.lake.exchange import Exchange, hidden_file
from sighten_warehouse.lake.folder import final_name
from sighten_warehouse.lake.history import AS_HISTORY, history_files
from sighten_warehouse.lake.loads import Load, Moved, move_lines, read_loads, write_loads
from sighten_warehouse.lake.manifest import Manifest, commit_path, history_digests, history_file, write_manifest
from sighten_warehouse.lake.merge_plan import mergeable
from sighten_warehouse.landing.files import day_of
from sighten_warehouse.landing.integrity import Recorded
from sighten_warehouse.landing.merge import merge_landing_files
from sighten_warehouse.layout import Layout

ORDER = ("milestone_id", "received_at", "landing_id")


@dataclass(frozen=True)
class MergedFile:
    """A landing file made of others; `offsets`: name of each → the lines before its own."""

    name: str
    recorded: Recorded
    offsets: Mapping[str, int]


def merge_group(group: Sequence[Manifest], *, layout: Layout, aside: Layout) -> tuple[Manifest, Exchange]:
    """Merge the batches into one of the lake `aside`; return its commit, and what its swap changes in landing.

    Raises:
        LakeError: a file is not what a commit says.
    """
    refuse_altered(layout, group)
    recorded = {name: manifest.recorded(name) for manifest in group for name in manifest.landing_files}
    files = [
        _merge_files({name: recorded[name] for name in names}, aside)
        for names in _of_one_day(name for manifest in group for name in mergeable(manifest))
    ]
    moved = {name: Moved(file.name, offset) for file in files for name, offset in file.offsets.items()}
    recorded = {name: facts for name, facts in recorded.items() if name not in moved}
    recorded |= {file.name: file.recorded for file in files}
    loads = [move_lines(load, moved) for manifest in group for load in read_loads(layout, manifest)]
    manifest = _manifest(group, loads, recorded, _digest(manifest.batch_id for manifest in group))
    _merge_history(group, moved, manifest, layout=layout, aside=aside)
    digests = history_digests(aside, manifest.history_files, manifest.batch_id)
    manifest = replace(manifest, history_sha256=digests)
    write_loads(aside, manifest.batch_id, sorted(loads, key=lambda load: (load.committed_at or "", load.batch_id)))
    write_manifest(commit_path(aside, manifest.batch_id), manifest)
    return manifest, Exchange(merged=[file.name for file in files], replaced=list(moved))


def _of_one_day(names: Iterable[str]) -> list[list[str]]:
    days = (list(files) for _, files in groupby(sorted(names), key=day_of))
    return [files for files in days if len(files) > 1]


def _merge_files(parts: Mapping[str, Recorded], aside: Layout) -> MergedFile:
    # The name begins as that of the oldest part, so that files keep the order of receiving.
    name = f"{next(iter(parts)).partition('.')[0]}.{_digest(parts)}.ndjson.zst"
    recorded = merge_landing_files(aside.landing, parts, hidden_file(aside.landing, final_name(aside), name))
    offsets, lines = {}, 0
    for part, facts in parts.items():
        offsets[part] = lines
        lines += facts.lines
    return MergedFile(name, recorded, offsets)


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:20]


def _manifest(
    group: Sequence[Manifest], loads: Sequence[Load], recorded: Mapping[str, Recorded], batch_id: str
) -> Manifest:
    outcomes, rows = Counter[str](), Counter[str]()
    for manifest in group:
        outcomes.update(manifest.outcomes)
        rows.update(manifest.history_files)
    return Manifest(
        batch_id=batch_id,
        landing_files={name: facts.lines for name, facts in recorded.items()},
        landing_bytes={name: facts.bytes for name, facts in recorded.items() if facts.bytes is not None},
        landing_sha256={name: facts.sha256 for name, facts in recorded.items() if facts.sha256 is not None},
        damaged_lines={name: facts.damaged_lines for name, facts in recorded.items() if facts.damaged_lines},
        history_files=dict(rows),
        outcomes=dict(outcomes),
        code_version=group[0].code_version,
        prepared_at=max(manifest.prepared_at or "" for manifest in group) or None,
        committed_at=max(manifest.committed_at or "" for manifest in group) or None,
        merged=len(loads),
        clean=_sum_if_known(manifest.clean for manifest in group),
    )


def _sum_if_known(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if None in known else sum(count or 0 for count in known)


def _merge_history(
    group: Sequence[Manifest], moved: Mapping[str, Moved], manifest: Manifest, *, layout: Layout, aside: Layout
) -> None:
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set threads = 1")  # the files are small, and a load must leave room for others
        _register(connection, moved)
        for table, rows in manifest.history_files.items():
            _read(connection, table, history_files(layout, table, group))
            [(found,)] = connection.execute("select count(*) from merged").fetchall()
            if found != rows:
                raise LakeError(f"{layout.lake / table}: {found:,} rows of {len(group)} batches; expected {rows:,}")
            path = history_file(aside, table, manifest.batch_id)
            replace_durably(path, partial(_write, connection))


def _register(connection: duckdb.DuckDBPyConnection, moved: Mapping[str, Moved]) -> None:
    connection.execute("create table moved (landing_file varchar, merged_file varchar, lines_before bigint)")
    if moved:
        columns = [list(moved), [to.landing_file for to in moved.values()], [to.offset for to in moved.values()]]
        connection.execute("insert into moved select unnest(?), unnest(?), unnest(?)", columns)


def _read(connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path]) -> None:
    listed = ", ".join(f"'{quoted(path)}'" for path in files)
    rows = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false) as rows"
    if table == "deliveries":
        place = "coalesce(merged_file, rows.landing_file) as landing_file"
        number = "rows.line_number + coalesce(lines_before, 0) as line_number"
        rows = f"(select rows.* replace ({place}, {number}) from {rows} left join moved using (landing_file))"
    connection.execute(f"create or replace temp table merged as from {rows}")


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    columns = {name for name, *_ in connection.execute("describe merged").fetchall()}
    order = ", ".join(name for name in ORDER if name in columns)
    connection.execute(f"copy (from merged order by {order}) to '{quoted(path)}' ({AS_HISTORY})")

"""The loads of a merged batch after a rebuild: their ids in its deliveries, and what each of them has now."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import structlog

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.history import AS_HISTORY
from sighten_warehouse.lake.loads import Load, read_loads, write_loads
from sighten_warehouse.lake.manifest import Manifest, history_digests, history_file
from sighten_warehouse.layout import Layout

log = structlog.get_logger()


def carry_loads(manifest: Manifest, *, layout: Layout, aside: Layout) -> Manifest:
    """Give a merged batch, flattened again into the lake `aside`, the loads that it has in the lake in use.

    If that lake has lost them, it becomes one load.
    """
    if not manifest.merged:
        return manifest
    try:
        loads = read_loads(layout, manifest)
    except LakeError as error:
        log.warning("loads_lost", error=str(error))
        return replace(manifest, merged=0)
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        _name_loads(connection, manifest, loads, aside)
        write_loads(aside, manifest.batch_id, _recounted(connection, manifest, loads, aside))
    written = history_digests(aside, ["deliveries"], manifest.batch_id)
    return replace(manifest, history_sha256=manifest.history_sha256 | written)


def _name_loads(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, loads: Sequence[Load], aside: Layout
) -> None:
    """Write the deliveries again, with the ids of their loads."""
    connection.execute("create table loads (load_id varchar, landing_file varchar, line_number bigint)")
    lines = [(load.batch_id, each.landing_file, each.first) for load in loads for each in load.lines]
    connection.execute(
        "insert into loads select unnest(?), unnest(?), unnest(?)",
        [list(column) for column in zip(*lines, strict=True)],
    )
    path = history_file(aside, "deliveries", manifest.batch_id)
    rows = f"read_parquet('{quoted(path)}', hive_partitioning = false) as rows"
    same_place = "rows.landing_file = loads.landing_file and rows.line_number >= loads.line_number"
    named = "rows.* replace (coalesce(load_id, rows.batch_id) as batch_id)"
    connection.execute(f"create table deliveries as select {named} from {rows} asof left join loads on {same_place}")
    replace_durably(path, partial(_write, connection))


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"copy deliveries to '{quoted(path)}' ({AS_HISTORY})")


def _recounted(
    connection: duckdb.DuckDBPyConnection, manifest: Manifest, loads: Sequence[Load], aside: Layout
) -> list[Load]:
    """The loads with the outcomes and rows that today's rules give."""
    counted = connection.execute("select batch_id, outcome, count(*) from deliveries group by all").fetchall()
    outcomes: dict[str, dict[str, int]] = {}
    for batch_id, outcome, count in counted:
        outcomes.setdefault(batch_id, {})[outcome] = count
    rows = dict.fromkeys(outcomes, 0)
    for table in manifest.history_files:
        path = quoted(history_file(aside, table, manifest.batch_id))
        ids = f"(select landing_id from read_parquet('{path}', hive_partitioning = false))"
        for batch_id, count in connection.execute(
            f"select batch_id, count(*) from {ids} inner join deliveries using (landing_id) group by all"
        ).fetchall():
            rows[batch_id] += count
    return [
        replace(
            load,
            code_version=manifest.code_version,
            landed=sum(outcomes.get(load.batch_id, {}).values()),
            outcomes=outcomes.get(load.batch_id, {}),
            history_rows=rows.get(load.batch_id, 0),
            # The path of a delivery follows from the rules.
            clean=load.clean if load.code_version == manifest.code_version else None,
        )
        for load in loads
    ]

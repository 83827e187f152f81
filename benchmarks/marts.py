"""Time of a publish with many deliveries, by model, and of queries on the published version.

Run it with `.venv/bin/python benchmarks/marts.py --deliveries 100000` (`--help` for its options). One part of history
comes from the simulated Sighten and the real loader. The others are copies of it with new ids, written with SQL, so
that a million deliveries take minutes to make. People, organizations and definitions are the same in all parts.
`--home` keeps the data for the next run. On a busy machine compare processor time, not wall time.
"""

import argparse
import json
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import duckdb

from sighten_simulator.webhooks.delivery_plan import plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import open_warehouse
from sighten_warehouse.dictionary.cookbook import recipes
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import Manifest, commit_path, commits, history_file, write_manifest
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.step import load
from sighten_warehouse.models import Model, models
from sighten_warehouse.publish import build as warehouse_file
from sighten_warehouse.publish import is_current, publish
from sighten_warehouse.settings import Settings, read_settings

DELIVERIES_PER_MILESTONE = 2.6
PART = 20_000
SAME_IN_ALL = {"user_id", "organization_id", "milestone_definition_id", "task_definition_id", "assigned_to_user_id"}
LIMIT_SECONDS = 1.0
AS_OF = ("milestones", "tasks", "sub_tasks", "documents", "comments")
SHOWN_SHARE = 0.005  # smallest share of the publish that is printed


def main() -> None:
    """Make and publish deliveries, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5, help="runs of each query")
    parser.add_argument("--home", type=Path, help="folder that keeps the data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = read_settings({"SIGHTEN_HOME": str(options.home or scratch)})
        _timed("made", lambda: make(settings, options.deliveries))
        if not is_current(settings):
            publish_by_model(settings)
        report(settings, options.times)


def make(settings: Settings, deliveries: int) -> None:
    """Make that many deliveries, in parts of equal size."""
    if not commits(settings.layout):
        part = min(PART, deliveries)
        simulation = build_simulation(1, round(part / DELIVERIES_PER_MILESTONE))
        bodies = [delivery.body for delivery in plan_deliveries(simulation)]
        now = datetime.now(UTC)
        lines = [landing_line(body, landing_id=new_landing_id(), received_at=now) for body in bodies]
        write_landing_file(settings.layout.landing, lines, received_at=now)
        load(settings)
    layout = resolve_lake(settings.layout)
    (first, *others) = commits(layout)
    for number in range(len(others) + 1, max(1, round(deliveries / first.landed))):
        copy_part(layout, first, number)


def copy_part(layout: Layout, first: Manifest, number: int) -> None:
    """Copy the history of the first batch with new ids, as a new batch."""
    batch_id, landing_file = f"{number:020x}", f"received_date=2026-11-01/copy-{number}.ndjson"
    for table in first.history_files:
        source, target = (history_file(layout, table, name) for name in (first.batch_id, batch_id))
        changed = ", ".join(_changed(column, number) for column in _ids(table))
        if table == "deliveries":
            changed += f", '{batch_id}' as batch_id, '{landing_file}' as landing_file"
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * replace ({changed}) from '{source}') to '{target}' (format parquet, compression zstd)"
            )
    facts = {**vars(first), "batch_id": batch_id, "landing_files": {landing_file: first.landed}}
    write_manifest(commit_path(layout, batch_id), Manifest(**facts))


def _ids(table: str) -> list[str]:
    names = [column.name for column in models()[f"history.{table}"].columns]
    return [name for name in names if name.endswith(("_id", "content_hash")) and name not in SAME_IN_ALL | {"batch_id"}]


def _changed(column: str, number: int) -> str:
    # The first digits of a landing_id are a time that orders deliveries; they stay.
    return f'"{column}"[:-9] || \'{number:08x}\' || "{column}"[-1:] as "{column}"'


def report(settings: Settings, times: int) -> None:
    """Print the median of each query, and mark those above the limit."""
    facts = json.loads(max(settings.layout.versions.glob("*.json")).read_bytes())
    size = settings.layout.warehouse_file.stat().st_size / 1e6
    tables = facts["tables"]
    print(f"{tables['ops.deliveries']:,} deliveries, {tables['main.milestones']:,} milestones, {size:,.0f} MB")
    path = str(settings.layout.warehouse_file)
    with duckdb.connect(path, read_only=True) as connection:
        for name, sql in queries().items():
            _time_query(name, lambda sql=sql: connection.sql(sql).to_arrow_table(), times)
    _time_query("open_warehouse()", lambda: open_warehouse(path).close(), times)


def publish_by_model(settings: Settings) -> None:
    """Publish, and print each model's processor time to fill its table and to write its Parquet."""
    spent: dict[str, float] = defaultdict(float)
    for step in ("_fill", "_export"):
        _clocked(step, spent)
    began = process_time()
    _timed("published", lambda: publish(settings))
    whole = process_time() - began
    print(f"{whole:10,.1f} s of processor time in total:")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if seconds > SHOWN_SHARE * whole:
            print(f"{seconds:10,.1f} s  {name}")


def _clocked(step: str, spent: dict[str, float]) -> None:
    plain = getattr(warehouse_file, step)

    def clocked(connection: duckdb.DuckDBPyConnection, model: Model, *more: Path) -> object:
        began = process_time()
        try:
            return plain(connection, model, *more)
        finally:
            spent[f"{step[1:]} {model.full_name}"] += process_time() - began

    setattr(warehouse_file, step, clocked)


def queries() -> dict[str, str]:
    """The queries by name: medians of every mart, masked events, the cookbook, as-of queries and intervals."""
    found = {}
    for model in models().values():
        if model.schema == "marts":
            numbers = "".join(f', median("{column.name}")' for column in model.columns if column.type == "number")
            found[model.full_name] = f"select count(*){numbers} from {model.full_name}"
    found["masked.milestone_events"] = "select actor, count(*) from masked.milestone_events group by actor"
    found |= {f"cookbook {recipe.name}": recipe.sql for recipe in recipes()}
    for name in AS_OF:
        rows = f"{name}_as_of(timestamp '2026-01-01')"
        found[f"{name}_as_of"] = f"select count(*), max(landing_id), max(received_at) from {rows}"
    found["ops.changes"] = "select entity, field, count(*), max(new_value) from ops.changes group by entity, field"
    for name, model in models().items():
        if model.schema == "history" and not model.is_loaded and not model.is_view:
            found[name] = f"select cast(valid_from_at as date), count(*), max(landing_id) from {name} group by all"
    return found


def _time_query(name: str, query: Callable[[], object], times: int) -> None:
    took, spent = [], []
    for _ in range(times):
        began, began_work = perf_counter(), process_time()
        query()
        took.append(perf_counter() - began)
        spent.append(process_time() - began_work)
    median, work = statistics.median(took), statistics.median(spent)
    mark = "SLOW" if median > LIMIT_SECONDS else "    "
    print(f"{mark} {median * 1000:10,.1f} ms, {work * 1000:10,.1f} ms of processor time  {name}", flush=True)


def _timed(what: str, step: Callable[[], object]) -> None:
    began = perf_counter()
    step()
    print(f"{what} in {perf_counter() - began:,.1f} s", flush=True)


if __name__ == "__main__":
    main()

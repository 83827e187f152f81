"""A reader that opens the published warehouse again and again, as analysts do, and looks for mixtures of versions."""

import json
import sys
import time
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from prove.command import forked
from sighten_warehouse.landing.erasures import unfinished_erasures
from sighten_warehouse.layout import Layout

PAUSE_S = 2.0
# Each finds rows that only a mixture of two versions, or of a version and another lake, can have.
MIXTURES = {
    "a delivery counted twice": "select landing_id from ops.deliveries group by all having count(*) > 1",
    "a current row of a delivery that is not applied": (
        "select landing_id from milestones anti join (from ops.deliveries where outcome = 'applied') using (landing_id)"
    ),
    "a loaded milestone without its history": (
        "select landing_id from ops.deliveries where kind = 'milestone' and outcome not in ('ignored', 'quarantined')"
        " and landing_id not in (select landing_id from history.milestones)"
    ),
    "history of a delivery that is not published": (
        "select landing_id from history.milestones anti join ops.deliveries using (landing_id)"
    ),
}
COUNTED = "select schema_name || '.' || table_name from duckdb_tables() where schema_name in ('main', 'marts', 'ops')"


def start_reader(layout: Layout, journal: Path) -> ForkServerProcess:
    """Start a process that reads until it is killed; it appends a JSON line for each reading to the journal."""
    return forked("reader", _read_on, layout, journal)


def _read_on(layout: Layout, journal: Path) -> None:
    with journal.open("a", buffering=1) as lines:
        while True:
            if layout.warehouse_file.exists():
                started = time.perf_counter()
                try:
                    version, problems = _read(layout)
                except Exception as error:  # noqa: BLE001  (a reader that is refused is what is looked for)
                    version, problems = "?", [f"a reader met {type(error).__name__}: {error}"]
                seconds = time.perf_counter() - started
                lines.write(json.dumps({"version": version, "seconds": seconds, "problems": problems}) + "\n")
            time.sleep(PAUSE_S)
            sys.stdout.flush()


def _read(layout: Layout) -> tuple[str, list[str]]:
    opened_at = time.time()
    try:
        return read_once(layout)
    except duckdb.IOException:
        if not was_erased_since(layout, opened_at):
            raise
        return read_once(layout)  # an erasure takes the history that an open file names; a new one names the rest


def was_erased_since(layout: Layout, moment: float) -> bool:
    """Whether an erasure ran at that time or later; a receipt is written when it begins and when it ends."""
    receipts = [path.stat().st_mtime for path in layout.erasures.glob("*.json")]
    return any(written >= moment for written in receipts) or bool(unfinished_erasures(layout))


def read_once(layout: Layout) -> tuple[str, list[str]]:
    """Open the published file and its Parquet; return the version and what does not fit together."""
    with duckdb.connect(str(layout.warehouse_file), read_only=True) as connection:
        connection.execute("set threads = 1")
        [(version,)] = connection.execute("select max(version) from ops.versions").fetchall()
        problems = [
            f"{version}: {what}: {rows[:3]}"
            for what, sql in MIXTURES.items()
            if (rows := connection.execute(sql).fetchall())
        ]
        problems += _counts_that_differ(connection, layout, str(version))
    return str(version), problems + _parquet_that_differs(layout)


def _counts_that_differ(connection: duckdb.DuckDBPyConnection, layout: Layout, version: str) -> list[str]:
    """Tables whose number of rows is not the one that was recorded when the version was made."""
    manifest = layout.versions / f"{version}.json"
    recorded: dict[str, int] = {}
    with suppress(FileNotFoundError):  # it is written last, and gathered with others later
        recorded = json.loads(manifest.read_bytes())["tables"]
    counted = {name: 0 for (name,) in connection.execute(COUNTED).fetchall() if name in recorded}
    for name in counted:
        [(counted[name],)] = connection.execute(f"select count(*) from {name}").fetchall()
    return [
        f"{version}: {name}: {rows} rows, recorded {recorded[name]}"
        for name, rows in counted.items()
        if rows != recorded[name]
    ]


def _parquet_that_differs(layout: Layout) -> list[str]:
    """Files of the Parquet export whose rows are not those that its manifest names."""
    if not layout.parquet.exists():
        return []
    folder = layout.parquet.resolve()
    manifest = json.loads((folder / "_version.json").read_bytes())
    return [
        f"{folder.name}/{table}/{part}: {found} rows, its manifest has {rows}"
        for table, parts in manifest["tables"].items()
        for part, (rows, _) in parts.items()
        if (found := pq.read_metadata(folder / table / part).num_rows) != rows
    ]

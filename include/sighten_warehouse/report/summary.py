"""A first look at a warehouse: row counts, what the API added, one approval, and a query to try."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.escaping import printable
from sighten_warehouse.remotes import present
from sighten_warehouse.settings import Settings

SAMPLE_MILESTONE = "7a605ec8-d276-4d6c-bd47-52a483e28783"  # the milestone of the vendor's own sample
QUERY = """
    select name, median(cycle_seconds) / 86400 as median_days
    from marts.approval_cycles group by name order by name"""
_TABLES = "select schema_name, table_name, comment from duckdb_tables() where schema_name in ('main', 'marts', 'ops')"
_RESOLVED = "select count(*), count(*) filter (resolution = 'signed'), count(*) filter (is_resigned) from quotes"
_STORED = "select count(*) filter (download_status = 'stored'), count(download_status) from documents"
_CYCLE = "select name, cycle_seconds from marts.approval_cycles where milestone_id = ?"


@dataclass(frozen=True)
class ApiCounts:
    """Counts of quotes, DAL values and documents that came from the API; `tried` includes the stored documents."""

    quotes: int
    signed: int
    resigned: int
    values: int
    stored: int
    tried: int


@dataclass(frozen=True)
class Summary:
    """Row count and comment of each table, counts of API data, and the approval of the vendor's sample, if any."""

    path: Path
    tables: dict[str, tuple[int, str]]
    api: ApiCounts
    sample_name: str | None
    sample_cycle: timedelta | None


def summarise(settings: Settings) -> Summary:
    """Summarise the published version.

    Raises:
        duckdb.IOException: nothing is published yet.
    """
    path = present(settings.layout.warehouse_file)
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        described = connection.execute(_TABLES).fetchall()
        tables = {
            f"{schema}.{name}": (_rows(connection, schema, name), comment or "") for schema, name, comment in described
        }
        api = _count_api(connection)
        sample = connection.execute(_CYCLE, [SAMPLE_MILESTONE]).fetchall()
    name, seconds = sample[0] if sample else (None, None)
    return Summary(
        path, tables, api, printable(name or ""), timedelta(seconds=seconds) if seconds is not None else None
    )


def _rows(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    return int(connection.execute(f'select count(*) from "{schema}"."{name}"').fetchall()[0][0])


def _count_api(connection: duckdb.DuckDBPyConnection) -> ApiCounts:
    quotes, signed, resigned = connection.execute(_RESOLVED).fetchall()[0]
    stored, tried = connection.execute(_STORED).fetchall()[0]
    return ApiCounts(quotes, signed, resigned, _rows(connection, "main", "dal_values"), stored, tried)


def format_duration(duration: timedelta) -> str:
    """A duration as text: `5 d 2:00:24.8`."""
    tenths = round(duration.total_seconds() * 10)
    days, tenths = divmod(tenths, 864_000)
    hours, tenths = divmod(tenths, 36_000)
    minutes, tenths = divmod(tenths, 600)
    return f"{days} d {hours}:{minutes:02}:{tenths / 10:04.1f}"


def _format_api(counts: ApiCounts) -> list[str]:
    lines = []
    if counts.quotes:
        lines.append(
            f"{counts.signed:,} of {counts.quotes:,} quotes are signed, {counts.resigned:,} of them re-signed; "
            f"{counts.values:,} DAL values loaded."
        )
    if counts.tried:
        lines.append(f"{counts.stored:,} of {counts.tried:,} documents are in the vault.")
    return lines


def render(summary: Summary) -> RenderableType:
    """The summary for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column("table", no_wrap=True, min_width=max(map(len, summary.tables)))
    table.add_column("rows", justify="right", no_wrap=True, min_width=6)
    table.add_column("what it holds", no_wrap=True, overflow="ellipsis", ratio=1)
    shown = {name: facts for name, facts in summary.tables.items() if name.startswith("main.") or facts[0]}
    for schema in ("main", "marts", "ops"):
        for name, (rows, comment) in sorted(shown.items()):
            if name.startswith(f"{schema}."):
                table.add_row(name.removeprefix("main."), f"{rows:,}", comment)
    lines: list[RenderableType] = [table, Text(), *map(Text, _format_api(summary.api))]
    if summary.sample_cycle is not None:
        approved_after = format_duration(summary.sample_cycle)
        lines.append(Text(f"The vendor's sample, “{summary.sample_name}”, was approved after {approved_after}."))
    lines += [
        Text(f"The warehouse: {summary.path}", no_wrap=True, overflow="ignore"),
        Text("A question to try:"),
        Text(f'  .venv/bin/sighten-warehouse query "{QUERY}"'),
    ]
    return Group(*lines)

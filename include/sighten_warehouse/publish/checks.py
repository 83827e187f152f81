"""Checks: queries that return a row for each problem, run on every version before it is published."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from sighten_warehouse.errors import CheckError, ModelError
from sighten_warehouse.models import Model, models, sql_folder

MAX_EXAMPLES = 3
IDENTIFIED = ("main", "history")  # their grains are ids; a mart may have NULL in its grain, such as a missing name
FINDINGS_SCHEMA = pa.schema(
    [
        ("check_name", pa.string()),
        ("severity", pa.string()),
        ("description", pa.string()),
        ("findings", pa.int64()),
        ("examples", pa.string()),
    ]
)
_HEADER = re.compile(r"-- (?P<sentence>[A-Z].*\.)\n-- severity: (?P<severity>fail|warn)\n-- inputs: (?P<inputs>.+)\n")


@dataclass(frozen=True)
class Check:
    """A rule and the query for rows that break it; the first column identifies the row."""

    name: str
    severity: str
    description: str
    inputs: tuple[str, ...]
    select: str


@dataclass(frozen=True)
class Finding:
    """The number of rows that a check found, and examples."""

    check: Check
    rows: int
    examples: tuple[str, ...]

    def explain(self) -> str:
        """The finding as text."""
        examples = ", ".join(self.examples)
        return f"{self.check.name} found {self.rows}, such as {examples}; expected: {self.check.description}"


@cache
def checks() -> list[Check]:
    """The checks in `sql/checks`, then one for the grain of each table.

    Raises:
        ModelError: a check lacks its header.
    """
    return [*map(read_check, sorted((sql_folder() / "checks").glob("*.sql"))), *_grains()]


def read_check(path: Path) -> Check:
    """The check in that file.

    Raises:
        ModelError: its header is missing.
    """
    text = path.read_text()
    header = _HEADER.match(text)
    if header is None:
        raise ModelError(f"{path}: expected a header of a sentence, `-- severity: fail` or `warn`, and `-- inputs:`")
    inputs = tuple(name.strip() for name in header["inputs"].split(","))
    return Check(path.stem, header["severity"], header["sentence"], inputs, text)


def _grains() -> Iterator[Check]:
    """Checks of unique grains: none for views, which would be computed for this only; of history, new rows only."""
    for model in models().values():
        if model.grain and model.columns and not model.is_view:
            name = _new(model) if model.is_loaded else model.full_name
            columns = ", ".join(f'"{column}"' for column in model.grain)
            empty = " or ".join(f'"{column}" is null' for column in _keys(model))
            select = f"select {columns} from {name} group by {columns} having count(*) > 1" + (empty and f" or {empty}")
            sentence = f"Every row of {model.full_name} has its own {', '.join(model.grain)}."
            # A duplicate row in a report is a warning: it must not block the publication of new deliveries.
            severity = "fail" if model.schema in IDENTIFIED else "warn"
            yield Check(f"grain_of_{model.schema}_{model.name}", severity, sentence, (name,), select)


def _keys(model: Model) -> list[str]:
    """The columns of a grain that are never NULL; `valid_from_at` is NULL for an interval without a start."""
    return [column for column in model.grain if model.schema in IDENTIFIED and column != "valid_from_at"]


def _new(model: Model) -> str:
    return f"staging.new_{model.name}"


def stage_new_history(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create the view of the rows of a history table that no earlier version held."""
    if model.grain and not model.is_view:
        columns = ", ".join(f'"{column}"' for column in model.grain)
        connection.execute(f"create view {_new(model)} as select {columns} from ({select})")


def run_checks(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """The finding of each check, also of those that found nothing.

    Raises:
        CheckError: a check of severity `fail` has findings.
    """
    findings = [_run(connection, check) for check in checks()]
    failed = [finding.explain() for finding in findings if finding.rows and finding.check.severity == "fail"]
    if failed:
        raise CheckError(f"not published: checks failed: {' '.join(failed)}")
    return findings


def _run(connection: duckdb.DuckDBPyConnection, check: Check) -> Finding:
    rows = connection.execute(f"select count(*) from ({check.select})").fetchall()[0][0]
    found = connection.execute(f"from ({check.select}) order by all limit {MAX_EXAMPLES}").fetchall() if rows else []
    return Finding(check, rows, tuple(str(row[0]) for row in found))


def findings_table(findings: Sequence[Finding]) -> pa.Table:
    """The rows of `staging.findings`."""
    rows = [
        {
            "check_name": finding.check.name,
            "severity": finding.check.severity,
            "description": finding.check.description,
            "findings": finding.rows,
            "examples": ", ".join(finding.examples),
        }
        for finding in findings
    ]
    return pa.Table.from_pylist(rows, schema=FINDINGS_SCHEMA)

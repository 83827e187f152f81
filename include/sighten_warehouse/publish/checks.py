"""Checks: queries that return no rows when all is well, asked of every version before analysts see it."""

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
IDENTIFIED = ("main", "history")  # their grains are ids; a report may count under a name that nobody gave
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
    """What must hold, as a query for what does not hold; the first column names it."""

    name: str
    severity: str
    description: str
    inputs: tuple[str, ...]
    select: str


@dataclass(frozen=True)
class Finding:
    """How many rows a check found, and what the first few are named."""

    check: Check
    rows: int
    examples: tuple[str, ...]

    def explain(self) -> str:
        """The finding in a sentence."""
        such_as = ", ".join(self.examples)
        return f"{self.check.name} found {self.rows}, such as {such_as}; it says: {self.check.description}"


@cache
def checks() -> list[Check]:
    """Those written in `sql/checks`, then one for the grain of each table.

    Raises:
        ModelError: one of them lacks its header.
    """
    return [*map(read_check, sorted((sql_folder() / "checks").glob("*.sql"))), *_grains()]


def read_check(path: Path) -> Check:
    """The check that is written there.

    Raises:
        ModelError: it lacks its header.
    """
    text = path.read_text()
    header = _HEADER.match(text)
    if header is None:
        raise ModelError(f"{path}: expected a header of a sentence, `-- severity: fail` or `warn`, and `-- inputs:`")
    inputs = tuple(name.strip() for name in header["inputs"].split(","))
    return Check(path.stem, header["severity"], header["sentence"], inputs, text)


def _grains() -> Iterator[Check]:
    """A view is left out: it would be computed for nothing else; and history is looked at once, when it is new."""
    for model in models().values():
        if model.grain and model.columns and not model.is_view:
            name = _new(model) if model.is_loaded else model.full_name
            columns = ", ".join(f'"{column}"' for column in model.grain)
            empty = " or ".join(f'"{column}" is null' for column in _keys(model))
            select = f"select {columns} from {name} group by {columns} having count(*) > 1" + (empty and f" or {empty}")
            sentence = f"Every row of {model.full_name} has its own {', '.join(model.grain)}."
            # A row too many in a report is worth a look; it must not keep what was delivered from being seen.
            severity = "fail" if model.schema in IDENTIFIED else "warn"
            yield Check(f"grain_of_{model.schema}_{model.name}", severity, sentence, (name,), select)


def _keys(model: Model) -> list[str]:
    """The columns of a grain that are never NULL; what holds since ever has no time at which that began."""
    return [column for column in model.grain if model.schema in IDENTIFIED and column != "valid_from_at"]


def _new(model: Model) -> str:
    return f"staging.new_{model.name}"


def stage_new_history(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create the view of the rows of a history table that no version before held."""
    if model.grain and not model.is_view:
        columns = ", ".join(f'"{column}"' for column in model.grain)
        connection.execute(f"create view {_new(model)} as select {columns} from ({select})")


def run_checks(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """What each check finds, nothing included.

    Raises:
        CheckError: one of severity `fail` found something.
    """
    findings = [_run(connection, check) for check in checks()]
    failed = [finding.explain() for finding in findings if finding.rows and finding.check.severity == "fail"]
    if failed:
        raise CheckError(f"not published: expected checks that find nothing, but {' '.join(failed)}")
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

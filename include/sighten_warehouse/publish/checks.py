"""Checks: queries that return a row for each problem, run on every version before it is published."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from sighten_warehouse.errors import CheckError, ModelError
from sighten_warehouse.models import Model, models, sql_folder

IDENTIFIED = ("main", "history")  # their grains are ids; a mart may have NULL in its grain, such as a missing name
CHECKS_COLUMNS = dict.fromkeys(("check_name", "severity", "description"), "varchar")
# A row for each row that a check returned; `id` is the value of the check's first column, `column_name`.
FOUND_COLUMNS = dict.fromkeys(("check_name", "column_name", "id"), "varchar")
_HEADER = re.compile(r"-- (?P<sentence>[A-Z].*\.)\n-- severity: (?P<severity>fail|warn)\n-- inputs: (?P<inputs>.+)\n")
_FIRST_COLUMN = re.compile(r"^select(?: distinct)?\s+(?:\S+ as )?(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """A rule and the query for rows that break it; the first column, `column`, identifies the row."""

    name: str
    severity: str
    description: str
    inputs: tuple[str, ...]
    select: str
    column: str
    is_of_grain: bool = False


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
    *_, column = _FIRST_COLUMN.findall(text)
    return Check(path.stem, header["severity"], header["sentence"], inputs, text, column)


def _grains() -> Iterator[Check]:
    """Checks of unique grains: none for views, which would be computed for this only; of history, new rows only."""
    for model in models().values():
        if model.grain and model.columns and not model.is_view:
            name = name_of_new(model) if model.is_loaded else model.full_name
            columns = ", ".join(f'"{column}"' for column in model.grain)
            empty = " or ".join(f'"{column}" is null' for column in _keys(model))
            select = f"select {columns} from {name} group by {columns} having count(*) > 1" + (empty and f" or {empty}")
            sentence = f"Every row of {model.full_name} has its own {', '.join(model.grain)}."
            # A duplicate row in a report is a warning: it must not block the publication of new deliveries.
            severity = "fail" if model.schema in IDENTIFIED else "warn"
            check = f"grain_of_{model.schema}_{model.name}"
            yield Check(check, severity, sentence, (name,), select, model.grain[0], is_of_grain=True)


def _keys(model: Model) -> list[str]:
    """The columns of a grain that are never NULL; `valid_from_at` is NULL for an interval without a start."""
    return [column for column in model.grain if model.schema in IDENTIFIED and column != "valid_from_at"]


def name_of_new(model: Model) -> str:
    """The name of the view of a history table's new rows."""
    return f"staging.new_{model.name}"


def stage_new_history(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create the view of the rows of a history table that no earlier version held."""
    if model.grain and not model.is_view:
        columns = ", ".join(f'"{column}"' for column in model.grain)
        connection.execute(f"create view {name_of_new(model)} as select {columns} from ({select})")


def run_checks(
    connection: duckdb.DuckDBPyConnection, *, new_history: Collection[Model], empty: Collection[str] = ()
) -> None:
    """Fill `staging.found` with a row for each row that a check returns.

    `new_history`: the tables with staged rows. `empty`: tables without rows, whose grain need not be checked.
    """
    staged = {name_of_new(model) for model in new_history}
    for check in checks():
        table = check.inputs[0]
        if check.is_of_grain and (table in empty or (table.startswith("staging.new_") and table not in staged)):
            continue
        found = f"select '{check.name}', '{check.column}', cast(#1 as varchar) from ({check.select})"
        connection.execute(f"insert into staging.found {found}")


def refuse_failures(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse the version if a check of severity `fail` found something; `ops.checks` must be filled.

    Raises:
        CheckError: a check of severity `fail` has findings.
    """
    failed = connection.execute(
        "select check_name, findings, examples, description from ops.checks where severity = 'fail' and findings > 0"
    ).fetchall()
    if failed:
        explained = (
            f"{name} found {rows}, such as {examples}; expected: {rule}" for name, rows, examples, rule in failed
        )
        raise CheckError(f"not published: checks failed: {' '.join(explained)}")

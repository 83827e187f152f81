"""The tables that an assistant may read, with the descriptions that the published file holds of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sighten_warehouse.models import sql_folder
from sighten_warehouse.publish.masks import SCHEMA as MASKED
from sighten_warehouse.publish.reader import OpenedWarehouse
from sighten_warehouse.publish.reader_views import CATALOG

_HISTORY = "history"


@dataclass(frozen=True)
class Table:
    """A table by the name that SQL gives it, and what a row of it is."""

    name: str
    description: str


@dataclass(frozen=True)
class Column:
    """A column, and what its values mean."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class DescribedTable:
    """A table with its columns."""

    name: str
    description: str
    columns: list[Column]


@dataclass(frozen=True)
class Tables:
    """All tables."""

    tables: list[Table]


@dataclass(frozen=True)
class DescribedTables:
    """Some tables with their columns."""

    tables: list[DescribedTable]


def table_names(warehouse: OpenedWarehouse) -> list[str]:
    """The tables of `main` by name, the others as `marts.reviews` and `history.milestones`."""
    return [table.name for table in tables(warehouse)]


def tables(warehouse: OpenedWarehouse) -> list[Table]:
    """The tables with their descriptions, those of `main` and `marts` first."""
    found = {(schema, name): text for schema, name, text in _listed(warehouse, "tables")}
    history = [f"{_HISTORY}.{name}" for schema, name in found if schema == _HISTORY]
    return [Table(name, found[_source(warehouse, name, found)]) for name in [*warehouse.tables(), *history]]


def described(warehouse: OpenedWarehouse, wanted: Iterable[str]) -> list[DescribedTable]:
    """Those tables with the descriptions of their columns.

    Raises:
        KeyError: there is no such table.
    """
    known = {table.name: table for table in tables(warehouse)}
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, *facts in _listed(warehouse, "columns"):
        columns.setdefault((schema, table), []).append(Column(*facts))
    names = [name.lower().removeprefix("main.") for name in wanted]
    return [DescribedTable(name, known[name].description, columns[_source(warehouse, name, columns)]) for name in names]


def _listed(warehouse: OpenedWarehouse, name: str) -> list[tuple[str, ...]]:
    sql = (sql_folder() / "assistants" / f"{name}.sql").read_text()
    return warehouse.connection_for("").execute(sql, [CATALOG]).fetchall()


def _source(warehouse: OpenedWarehouse, name: str, held: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Where the file has the table, or its masked view, by schema and name."""
    schema, _, table = name.rpartition(".")
    masked = (MASKED, table)
    is_masked = warehouse.pii == "masked" and schema != _HISTORY and masked in held
    return masked if is_masked else (schema or "main", table)

"""The views that an opened warehouse shows: its tables under their names, masked or as of a time."""

from collections.abc import Callable
from datetime import datetime

import duckdb

from sighten_warehouse.errors import NotPublishedError
from sighten_warehouse.guards.masking import PSEUDONYMS, is_masked, masked_select
from sighten_warehouse.models import loaded_models, models
from sighten_warehouse.publish.masks import SCHEMA

CATALOG = "warehouse"
SCHEMAS = ("main", "marts", "ops")
AS_OF = ("milestones", "tasks", "sub_tasks", "documents")
_ALL = "select schema_name, table_name from duckdb_tables() where database_name = '{0}' union all "
_ALL += "select schema_name, view_name from duckdb_views() where database_name = '{0}' and not internal"
# The macros of the file, since they fit its tables whichever code published it. Scalar macros sort first: the table
# macros use them.
_MACROS = "select function_type, function_name, parameters, macro_definition from duckdb_functions() where "
_MACROS += f"database_name = '{CATALOG}' and ends_with(function_type, 'macro') order by 1, 2"


def create_views(
    connection: duckdb.DuckDBPyConnection,
    *,
    masked: bool,
    as_of: datetime | None,
    moved: Callable[[str], str] | None = None,
) -> None:
    """Create a view of every table of `main`, `marts` and `ops`; `create_history_views` creates those of history.

    Raises:
        NotPublishedError: this product did not publish the file, or the file lacks masked views and `masked` is set.
    """
    found = set(connection.execute(_ALL.format(CATALOG)).fetchall())
    masks = {name for schema, name in found if schema == SCHEMA}
    if ("main", "milestones") not in found or (masked and not masks):
        raise NotPublishedError(
            "the file is not a published warehouse with masked views: expected a file from `sighten-warehouse publish` "
            'of this version, or `pii="full"`'
        )
    for schema in ("marts", "ops"):
        connection.execute(f"create schema {schema}")
    without_pii = {model.full_name for model in models().values() if not is_masked(model)} - {PSEUDONYMS}
    for schema, name in sorted(found):
        if schema in SCHEMAS and (not masked or name in masks or f"{schema}.{name}" in without_pii):
            source = SCHEMA if masked and name in masks else schema
            connection.execute(f'create view {schema}."{name}" as from {CATALOG}.{source}."{name}"')
    if as_of is not None:
        create_history_views(connection, masked=masked, moved=moved)
        _create_as_of_views(connection, as_of, comments=SCHEMA if masked else "main")


def create_history_views(
    connection: duckdb.DuckDBPyConnection, *, masked: bool, moved: Callable[[str], str] | None = None
) -> None:
    """Create the macros and a view of every table of history; creating a view opens every file of the lake.

    `moved` gives the text of a published view the places where the files of the lake are here.
    """
    connection.execute("create schema history")
    views = _moved_views(connection, moved) if moved else set()
    for schema, name in sorted(connection.execute(_ALL.format(CATALOG)).fetchall()):
        if schema == "history":
            source = f'moved.history."{name}"' if name in views else f'{CATALOG}.history."{name}"'
            select = _masked(connection, name, source) if masked else f"from {source}"
            connection.execute(f'create view history."{name}" as {select}')
    for kind, name, parameters, definition in connection.execute(_MACROS).fetchall():
        body = f"table {definition}" if kind == "table_macro" else definition
        connection.execute(f'create macro "{name}"({", ".join(parameters)}) as {body}')


def _moved_views(connection: duckdb.DuckDBPyConnection, moved: Callable[[str], str]) -> set[str]:
    """Create each view of history over the files that are here, in a catalog of their own; return their names."""
    known = f"database_name = '{CATALOG}' and schema_name = 'history' and not internal"
    found = dict(connection.execute(f"select view_name, sql from duckdb_views() where {known}").fetchall())
    moved_sql = {name: moved(sql).partition(" AS ")[2] for name, sql in found.items()}
    # Those that `load` writes come first: others read them.
    loaded = {model.name for model in loaded_models()}
    order = sorted(found, key=lambda name: (name not in loaded, name))
    connection.execute("attach ':memory:' as moved; use moved")
    for schema, name in sorted(connection.execute(_ALL.format(CATALOG)).fetchall()):
        connection.execute(f"create schema if not exists {schema}")
        if schema != "history" or name not in found:
            connection.execute(f'create view {schema}."{name}" as from {CATALOG}.{schema}."{name}"')
    for name in order:
        connection.execute(f'create view history."{name}" as {moved_sql[name]}')
    connection.execute("use memory")
    return set(found)


def _masked(connection: duckdb.DuckDBPyConnection, name: str, source: str) -> str:
    """Select the masked columns; a column that these models do not know may be personal data, so it is left out."""
    held = {column[0] for column in connection.execute(f"from {source} limit 0").description or ()}
    known = [column for column in models()[f"history.{name}"].columns if column.name in held]
    return masked_select(known, source=source, pseudonyms=f"{CATALOG}.{PSEUDONYMS}")


def _create_as_of_views(connection: duckdb.DuckDBPyConnection, as_of: datetime, *, comments: str) -> None:
    """Replace the views of current state; the macros read the reader's own views of history."""
    ts = f"timestamp '{as_of.isoformat(sep=' ')}'"
    for name in AS_OF:
        connection.execute(f"create or replace view main.{name} as from {name}_as_of({ts})")
    until = f"timestamp is null or timestamp <= {ts}"
    connection.execute(f"create or replace view main.comments as from {CATALOG}.{comments}.comments where {until}")

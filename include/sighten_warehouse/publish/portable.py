"""A portable file: a published version that needs no lake, because it holds the rows of history itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import duckdb

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.models import Model, loaded_models, macros, published_models
from sighten_warehouse.publish.masks import create_masked_views, is_masked, masked_models, masked_select
from sighten_warehouse.publish.pseudonyms import PSEUDONYMS
from sighten_warehouse.publish.tables import create_table, create_view, describe, new_file
from sighten_warehouse.sql_text import quoted

_SOURCE = "source"


def write_portable(version_file: Path, path: Path, *, pii: Literal["masked", "full"]) -> None:
    """Write the version into one file that opens wherever it is moved; with `masked`, no name is in it at all.

    The version must be one that this code published. Whoever has the file open keeps what they opened.

    Raises:
        OSError: the disk refused; there is no such file then, or the one before.
    """

    def write(hidden: Path) -> None:
        with new_file(hidden) as connection:
            connection.execute(f"attach '{quoted(version_file)}' as {_SOURCE} (read_only)")
            connection.execute("begin")
            _copy(connection, masked=pii == "masked")
            connection.execute("commit")

    replace_durably(path, write)


def _copy(connection: duckdb.DuckDBPyConnection, *, masked: bool) -> None:
    rows_of = _masked_rows if masked else _rows
    for model in loaded_models():
        _copy_table(connection, model, rows_of)
    for model in published_models():
        if model.is_view:
            create_view(connection, model, model.select or "")
        else:
            _copy_table(connection, model, rows_of)
    connection.execute(macros("published"))
    if masked:
        for view, model in masked_models():
            create_view(connection, view, f"from {model.full_name}")
    else:
        for view in create_masked_views(connection):
            describe(connection, view, "view")
        _copy_dal_views(connection)


def _copy_table(connection: duckdb.DuckDBPyConnection, model: Model, rows_of: Callable[[Model], str]) -> None:
    create_table(connection, model)
    connection.execute(f"insert into {model.full_name} {rows_of(model)}")


def _rows(model: Model) -> str:
    return f"from {_SOURCE}.{model.full_name}"


def _masked_rows(model: Model) -> str:
    """What the masked views show; of history, which has none, what they would."""
    if model.full_name == PSEUDONYMS:
        return f"{_rows(model)} limit 0"
    if not is_masked(model):
        return _rows(model)
    source = f"{_SOURCE}.{model.full_name}"
    return masked_select(model.columns, source=source, pseudonyms=f"{_SOURCE}.{PSEUDONYMS}")


def _copy_dal_views(connection: duckdb.DuckDBPyConnection) -> None:
    """The wide views of DAL values, whose names are a setting; a masked file shows no values, so it has none."""
    known = ", ".join(f"'{model.name}'" for model in published_models())
    ours = f"database_name = '{_SOURCE}' and schema_name in ('main', 'masked') and not internal"
    views = (
        f"select schema_name, view_name, comment, sql from duckdb_views() where {ours} and view_name not in ({known})"
    )
    for schema, name, said, sql in connection.execute(f"{views} order by schema_name").fetchall():
        connection.execute(sql)
        connection.execute(f"comment on view {schema}.\"{name}\" is '{quoted(said)}'")
        columns = (
            f"select column_name, comment from duckdb_columns() where {ours} and schema_name = ? and table_name = ?"
        )
        for column, meaning in connection.execute(columns, [schema, name]).fetchall():
            connection.execute(f'comment on column {schema}."{name}"."{column}" is \'{quoted(meaning)}\'')

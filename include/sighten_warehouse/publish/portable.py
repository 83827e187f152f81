"""A portable file: a published version that includes the rows of history, so it needs no lake."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import duckdb

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.durable import replace_durably
from sighten_warehouse.escaping import quoted
from sighten_warehouse.guards.masking import PSEUDONYMS, WITH_SHOWN, is_masked, masked_select
from sighten_warehouse.models import Model, loaded_models, macros, published_models
from sighten_warehouse.publish.masks import create_masked_views, masked_models
from sighten_warehouse.publish.tables import create_table, create_view, describe, new_file, transaction
from sighten_warehouse.publish.versions import make_read_only

_SOURCE = "source"


def write_portable(version_file: Path, path: Path, *, pii: Literal["masked", "full"]) -> None:
    """Write the version into one file that can be moved; with `masked`, the file contains no name.

    This code must have published the version. A reader that has the file open keeps the old one.

    Raises:
        OSError: the disk refused; the file before it, if any, stays.
    """

    def write(hidden: Path) -> None:
        with new_file(hidden) as connection:
            with explain_lock(version_file):
                connection.execute(f"attach '{quoted(version_file)}' as {_SOURCE} (read_only)")
            with transaction(connection, "a portable file"):
                _copy(connection, masked=pii == "masked")
        make_read_only(hidden)

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
    computed = [column.name for column in model.columns if column.computed]
    stored = f"select * exclude ({', '.join(computed)})" if computed else "select *"
    connection.execute(f"insert into {model.full_name} by name {stored} from ({rows_of(model)})")


def _rows(model: Model) -> str:
    return f"from {_SOURCE}.{model.full_name}"


def _masked_rows(model: Model) -> str:
    """Select the rows as masked views show them; history, which has no masked views, is masked too."""
    if model.full_name == PSEUDONYMS:  # only what is shown, so that it stays when it is masked again
        shown = ", ".join(f"'{kind}'" for kind in WITH_SHOWN)
        return f"select distinct kind, pseudonym as value, pseudonym {_rows(model)} where kind in ({shown})"
    if not is_masked(model):
        return _rows(model)
    source = f"{_SOURCE}.{model.full_name}"
    return masked_select(model.columns, source=source, pseudonyms=f"{_SOURCE}.{PSEUDONYMS}")


def _copy_dal_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the wide views of DAL values, whose names are a setting. A masked file has no values, so no such views."""
    known = ", ".join(f"'{model.name}'" for model in published_models())
    in_file = f"database_name = '{_SOURCE}' and schema_name in ('main', 'masked') and not internal"
    views = f"select schema_name, view_name, comment, sql from duckdb_views() where {in_file}"
    views += f" and view_name not in ({known}) order by schema_name"
    for schema, name, description, sql in connection.execute(views).fetchall():
        connection.execute(sql)
        connection.execute(f"comment on view {schema}.\"{name}\" is '{quoted(description)}'")
        columns = (
            f"select column_name, comment from duckdb_columns() where {in_file} and schema_name = ? and table_name = ?"
        )
        for column, meaning in connection.execute(columns, [schema, name]).fetchall():
            connection.execute(f'comment on column {schema}."{name}"."{column}" is \'{quoted(meaning)}\'')

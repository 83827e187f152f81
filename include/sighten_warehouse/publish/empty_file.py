"""A published file without rows: to make one takes longer than to fill it, so a process makes it once."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from sighten_warehouse.errors import ModelError
from sighten_warehouse.lake.history import create_history, select_history, stage_deliveries
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Model, loaded_models, macros, models, published_models
from sighten_warehouse.publish.inputs import register_inputs
from sighten_warehouse.publish.masks import create_masked_views
from sighten_warehouse.publish.tables import create_table, create_view, describe, new_file


def write_empty_file(path: Path) -> None:
    """Write a file that has every table, view and macro, described, and no rows.

    Raises:
        ModelError: a model does not give the columns that its description lists.
    """
    path.write_bytes(_empty_file(tuple(models().values())))


@cache
def _empty_file(_models: tuple[Model, ...]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with new_file(path) as connection:
            connection.execute("set threads = 1")  # there is nothing to divide
            connection.execute("create schema staging")
            register_inputs(connection, layout=Layout(Path(folder)), commits=(), versions=())
            stage_deliveries(connection, [])
            connection.execute("begin")
            _create_all(connection)
            connection.execute("drop schema staging cascade")
            connection.execute("commit")
        return path.read_bytes()


def _create_all(connection: duckdb.DuckDBPyConnection) -> None:
    for model in loaded_models():
        create_history(connection, model, select_history(model, []))
        describe(connection, model, "view")
    for model in published_models():
        _create(connection, model)
    connection.execute(macros("published"))
    for view in create_masked_views(connection):
        describe(connection, view, "view")


def _create(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    given = [column[0] for column in connection.execute(f"select * from ({model.select}) limit 0").description or ()]
    described = [column.name for column in model.columns]
    # A view has its columns in the order of its select; into a table, rows are inserted by name.
    same = given == described if model.is_view else sorted(given) == sorted(described)
    if not same:
        raise ModelError(f"{model.full_name}: the select gives {given}, expected what is described: {described}")
    if model.is_view:
        create_view(connection, model, model.select or "")
    else:
        create_table(connection, model)

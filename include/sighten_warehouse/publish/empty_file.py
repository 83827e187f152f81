"""A published file without rows: every table, view and macro, with its descriptions."""

import hashlib
from pathlib import Path

import duckdb

from sighten_warehouse.durable import clone, remove, write_durably
from sighten_warehouse.errors import ModelError
from sighten_warehouse.lake.history import create_history, select_history, stage_deliveries
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import DUCKDB_TYPES, Model, built_models, loaded_models, macros, models
from sighten_warehouse.publish.inputs import register_inputs
from sighten_warehouse.publish.masks import create_masked_views
from sighten_warehouse.publish.tables import create_table, create_view, describe, new_file, transaction


def write_empty_file(path: Path, *, work: Path) -> None:
    """Write the file; it is built once for these models and this DuckDB, and kept below `work` under its digest.

    Raises:
        ModelError: a model's columns differ from its description.
        OSError: the disk refused.
    """
    made_from = (*models().values(), macros("duckdb"), macros("published"), duckdb.__version__)
    key = _digest(repr(made_from).encode())
    for kept in work.glob(f"empty-{key}-*.duckdb"):
        content = kept.read_bytes()
        if kept.stem.endswith(_digest(content)):  # otherwise it is damaged, and built again
            clone(kept, path)
            return
    _build(path)
    content = path.read_bytes()
    for outdated in work.glob("empty-*.duckdb"):
        remove(outdated)
    write_durably(work / f"empty-{key}-{_digest(content)}.duckdb", content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _build(path: Path) -> None:
    with new_file(path) as connection:
        connection.execute("set threads = 1")  # no rows to process in parallel
        connection.execute("create schema staging")
        register_inputs(connection, layout=Layout(path.parent), commits=(), versions=())
        stage_deliveries(connection, [])
        with transaction(connection, "an empty file"):
            _create_all(connection)
            connection.execute("drop schema staging cascade")


def _create_all(connection: duckdb.DuckDBPyConnection) -> None:
    for model in loaded_models():
        create_history(connection, model, select_history(model, []))
        describe(connection, model, "view")
    for model in built_models():
        if model.is_intermediate:
            create_view(connection, model, model.select or "")
        else:
            _create(connection, model)
    connection.execute(macros("published"))
    for view in create_masked_views(connection):
        describe(connection, view, "view")


def _create(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    columns = connection.execute(f"describe select * from ({model.select})").fetchall()
    if model.is_view:
        returned = [f"{name} {kind.lower()}" for name, kind, *_ in columns]
        described = [f"{column.name} {DUCKDB_TYPES[column.type]}" for column in model.stored_columns]
    else:  # rows of a table are inserted by name, and cast
        returned = sorted(name for name, *_ in columns)
        described = sorted(column.name for column in model.stored_columns)
    if returned != described:
        raise ModelError(f"{model.full_name}: the select returns {returned}, its description lists {described}")
    if model.is_view:
        create_view(connection, model, model.select or "")
    else:
        create_table(connection, model)

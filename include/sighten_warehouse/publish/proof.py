"""Whether updates gave what a version that is made anew from all history holds."""

from pathlib import Path

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.models import Model, built_models


def differing_tables(updated: Path, anew: Path, *, memory: str) -> tuple[str, ...]:
    """The tables of which the two files, made from the same batches, hold other rows; their digests are compared."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set memory_limit = ?", [memory])
        for name, path in (("updated", updated), ("anew", anew)):
            connection.execute(f"attach '{quoted(path)}' as {name} (read_only)")
        tables = [model for model in built_models() if model.is_updated and model.full_name != "ops.versions"]
        return tuple(
            model.full_name
            for model in tables
            if _digest(connection, model, "updated") != _digest(connection, model, "anew")
        )


def _digest(connection: duckdb.DuckDBPyConnection, model: Model, file: str) -> tuple[int, int | None]:
    columns = ", ".join(f'"{column.name}"' for column in model.stored_columns)
    rows = f"(select {columns} from {file}.{model.full_name}) as rows"
    [digest] = connection.execute(f"select count(*), sum(cast(hash(rows) as hugeint)) from {rows}").fetchall()
    return digest

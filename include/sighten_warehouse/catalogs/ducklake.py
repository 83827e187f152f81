"""Writes a frozen DuckLake beside the exported Parquet: a catalog of its files, in one snapshot, which nobody changes.

See https://ducklake.select/docs/stable/duckdb/metadata/adding_files.
"""

import importlib.util
from pathlib import Path

import duckdb

from sighten_warehouse.catalogs.export import Export
from sighten_warehouse.durable import replacing
from sighten_warehouse.errors import SettingError
from sighten_warehouse.escaping import quoted

FILE = "_warehouse.ducklake"  # readers of Parquet folders skip names that begin with an underscore
WHEEL = "duckdb_extension_ducklake"


def write_ducklake(export: Export) -> bool:
    """Write the catalog of the export into its folder; return False if it is there.

    Raises:
        SettingError: this DuckDB has no extension `ducklake`.
        OSError: the disk refused.
    """
    path = export.folder / FILE
    if path.exists():
        return False
    with duckdb.connect() as connection:
        load_extension(connection)
        with replacing(path) as hidden:
            files = f"data_path '{quoted(export.folder)}/'"
            connection.execute(f"attach 'ducklake:{quoted(hidden)}' as lake ({files})")
            connection.execute("begin")
            for table, parts in export.tables.items():
                connection.execute(f'create table lake.main."{table}" ({_columns(connection, parts[0])})')
                for part in parts:
                    connection.execute("call ducklake_add_data_files('lake', ?, ?)", [table, str(part)])
            connection.execute("call lake.set_commit_message('sighten-warehouse', ?)", [export.version])
            connection.execute("commit")
            connection.execute("detach lake")
    return True


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """The columns of that file; a table made from it would leave a folder of its own among the files."""
    found = connection.execute(f"describe from read_parquet('{quoted(path)}')").fetchall()
    return ", ".join(f'"{name}" {kind}' for name, kind, *_ in found)


def load_extension(connection: duckdb.DuckDBPyConnection) -> None:
    """Load `ducklake` as installed by DuckDB, or from its wheel.

    Raises:
        SettingError: this DuckDB has no such extension.
    """
    try:
        connection.execute(f"load {_from_wheel() or 'ducklake'}")
    except duckdb.Error as error:
        raise SettingError(
            f"SIGHTEN_CATALOGS: ducklake: DuckDB {duckdb.__version__} has no such extension; expected `install"
            f" ducklake` in DuckDB, or the package duckdb-extension-ducklake of that version"
        ) from error


def _from_wheel() -> str | None:
    found = importlib.util.find_spec(WHEEL)
    folders = found.submodule_search_locations if found else None
    if not folders:
        return None
    path = Path(folders[0]) / "extensions" / f"v{duckdb.__version__}" / "ducklake.duckdb_extension"
    return f"'{quoted(path)}'" if path.exists() else None

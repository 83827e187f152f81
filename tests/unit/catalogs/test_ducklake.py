"""The export as a frozen DuckLake, where this DuckDB has the extension, and the refusal where it has not."""

import duckdb
import msgspec
import pytest

from sighten_warehouse.catalogs.ducklake import FILE, load_extension
from sighten_warehouse.catalogs.step import export_and_register, register
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish.versions import versions
from support.factories import a_milestone
from support.warehouses import Warehouse


def has_extension() -> bool:
    """Whether this environment has it: the row `duckdb-1.5` has its wheel."""
    with duckdb.connect() as connection:
        try:
            load_extension(connection)
        except SettingError:
            return False
    return True


HAS_EXTENSION = has_extension()


@pytest.mark.skipif(HAS_EXTENSION, reason="this DuckDB has the extension")
def test_without_the_extension_it_says_what_to_install_and_the_export_stays(warehouse: Warehouse) -> None:
    settings = msgspec.structs.replace(warehouse.settings, catalogs=("ducklake",))
    warehouse.publish()

    with pytest.raises(SettingError, match=rf"DuckDB {duckdb.__version__} has no such extension; expected"):
        export_and_register(settings, at_once=True)

    assert (settings.layout.parquet / "milestones").is_dir()
    assert not list(settings.layout.published.rglob("*ducklake*"))


@pytest.mark.skipif(not HAS_EXTENSION, reason="needs DuckDB's extension ducklake (make test-versions ROW=duckdb-1.5)")
def test_the_ducklake_has_every_table_in_one_snapshot_and_leaves_the_files_alone(warehouse: Warehouse) -> None:
    settings = msgspec.structs.replace(warehouse.settings, catalogs=("ducklake",))
    warehouse.deliver(a_milestone("one"))
    export_and_register(settings, at_once=True)
    folder = settings.layout.parquet
    written = (folder / FILE).stat().st_mtime_ns

    register(settings)

    assert written == (folder / FILE).stat().st_mtime_ns
    with duckdb.connect() as connection:
        load_extension(connection)
        connection.execute(f"attach 'ducklake:{folder / FILE}' as lake (read_only)")
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        assert {path.name for path in folder.iterdir() if path.is_dir()} <= tables
        assert [(1,)] == connection.execute("select count(*) from lake.milestones").fetchall()
        snapshots = connection.execute("select author, commit_message from lake.snapshots()").fetchall()
        assert ("sighten-warehouse", versions(settings.layout)[-1].version) == snapshots[-1]

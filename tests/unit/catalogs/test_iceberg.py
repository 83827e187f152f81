"""The export as Iceberg tables, in a SQL and in a REST catalog."""

import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog import load_catalog
from pyiceberg.utils.config import Config

from sighten_warehouse.catalogs.export import Export, read_exported
from sighten_warehouse.catalogs.iceberg import FOLDER, VERSION, register_in_iceberg
from sighten_warehouse.catalogs.step import register
from sighten_warehouse.errors import CatalogError, SettingError
from sighten_warehouse.publish.parquet import export_parquet
from sighten_warehouse.settings import Settings
from support.factories import a_milestone, a_task
from support.iceberg_rest import iceberg_rest
from support.warehouses import Warehouse

SQL, REST = "sqltest", "resttest"
EXTENSIONS = [
    path
    for name in ("avro", "iceberg")  # the second needs the first
    if (found := find_spec(f"duckdb_extension_{name}")) and found.origin
    for path in Path(found.origin).parent.rglob("*.duckdb_extension")
]
Rows = list[dict[str, Any]]


@pytest.fixture(params=[SQL, REST])
def catalog(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a catalog that PyIceberg's configuration has."""
    if request.param == SQL:
        configure(monkeypatch, SQL, uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=(tmp_path / "iceberg").as_uri())
        yield SQL
        return
    with iceberg_rest(tmp_path / "rest") as url:
        configure(monkeypatch, REST, uri=url)
        yield REST


def configure(monkeypatch: pytest.MonkeyPatch, name: str, **options: str) -> None:
    """Set PyIceberg's variables, and let it read them: it does so once a process."""
    for option, value in options.items():
        monkeypatch.setenv(f"PYICEBERG_CATALOG__{name.upper()}__{option.upper()}", value)
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())


def changed(warehouse: Warehouse, **settings: Any) -> Settings:
    return msgspec.structs.replace(warehouse.settings, **settings)


def export_of(folder: Path, version: str, tables: Mapping[str, Rows]) -> Export:
    """An export as `export_parquet` writes it, one part for each row."""
    found = {}
    for table, rows in tables.items():
        parts = [folder / version / table / f"{number}.parquet" for number in range(len(rows))]
        for part, row in zip(parts, rows, strict=True):
            part.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist([row]), part)
        found[table] = parts
    return Export(folder / version, version, found)


def rows_of(name: str, table: str) -> Rows:
    rows: Rows = load_catalog(name).load_table(table).scan().to_arrow().to_pylist()
    return sorted(rows, key=str)


def test_each_table_has_the_rows_of_the_export_and_the_version_in_its_snapshot(catalog: str, tmp_path: Path) -> None:
    first = export_of(tmp_path, "v1", {"a": [{"id": "1", "n": 1}], "b": [{"id": "x"}]})
    second = export_of(tmp_path, "v2", {"a": [{"id": "1", "n": 5}, {"id": "2", "n": 2}], "b": [{"id": "x"}]})

    assert register_in_iceberg(first, catalog=catalog, namespace="space")
    assert [{"id": "1", "n": 1}] == rows_of(catalog, "space.a")
    assert register_in_iceberg(second, catalog=catalog, namespace="space")

    assert [{"id": "1", "n": 5}, {"id": "2", "n": 2}] == rows_of(catalog, "space.a")
    assert [{"id": "x"}] == rows_of(catalog, "space.b")
    for table in ("space.a", "space.b"):
        told = [
            one.summary.additional_properties
            for one in load_catalog(catalog).load_table(table).snapshots()
            if one.summary
        ]
        assert ["v1", "v2"] == [one[VERSION] for one in told]
    [before, _] = load_catalog(catalog).load_table("space.a").snapshots()
    assert [1] == load_catalog(catalog).load_table("space.a").scan(snapshot_id=before.snapshot_id).to_arrow()[
        "n"
    ].to_pylist()


@pytest.mark.skipif(not EXTENSIONS, reason="needs DuckDB's extension iceberg (make test-versions ROW=duckdb-1.5)")
def test_duckdb_reads_every_table_as_it_was_exported(warehouse: Warehouse, catalog: str) -> None:
    warehouse.deliver(a_milestone("one", tasks=[a_task("a"), a_task("b")]), a_milestone("two"))
    export_parquet(warehouse.settings)
    export = read_exported(warehouse.settings.layout)
    assert export
    register_in_iceberg(export, catalog=catalog, namespace="space")

    with duckdb.connect() as connection:
        for extension in EXTENSIONS:
            connection.execute(f"load '{extension}'")
        for name, files in export.tables.items():
            place = load_catalog(catalog).load_table(f"space.{name}").metadata_location
            found = connection.execute(f"from iceberg_scan('{place}')").to_arrow_table().to_pylist()
            assert sorted(found, key=str) == sorted(pq.read_table(files).to_pylist(), key=str), name


def test_a_repeat_changes_nothing_and_old_snapshots_go_with_their_files(catalog: str, tmp_path: Path) -> None:
    exports = [export_of(tmp_path, f"v{number}", {"a": [{"id": str(number)}]}) for number in range(3)]
    for export in exports:
        register_in_iceberg(export, catalog=catalog, namespace="space")
    before = load_catalog(catalog).load_table("space.a").metadata_location

    assert not register_in_iceberg(exports[-1], catalog=catalog, namespace="space")

    table = load_catalog(catalog).load_table("space.a")
    assert before == table.metadata_location
    assert ["v1", "v2"] == [one.summary.additional_properties[FOLDER] for one in table.snapshots() if one.summary]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"id": "1", "gone": 1}, {"id": "1", "new": "text"}),
        ({"id": "1", "n": 1}, {"id": "1", "n": "text"}),
        ({"id": "1", "n": "text"}, {"id": "1", "n": 1.5}),
    ],
    ids=["other columns", "a number becomes text", "a text becomes a number"],
)
def test_columns_follow_the_export(catalog: str, tmp_path: Path, before: dict[str, Any], after: dict[str, Any]) -> None:
    for version, row in (("v1", before), ("v2", after)):
        export = export_of(tmp_path, version, {"a": [row]})
        register_in_iceberg(export, catalog=catalog, namespace="space")

    assert [after] == rows_of(catalog, "space.a")


def test_metadata_holds_no_value_of_a_column(catalog: str, tmp_path: Path) -> None:
    export = export_of(tmp_path, "v1", {"a": [{"email": "jane@example.com"}]})

    register_in_iceberg(export, catalog=catalog, namespace="space")

    [file] = load_catalog(catalog).load_table("space.a").inspect.files().to_pylist()
    assert 1 == file["record_count"]
    assert not file["lower_bounds"]
    assert not file["upper_bounds"]


def test_a_catalog_that_cannot_be_reached_is_told_and_taken_up_later(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = changed(warehouse, catalogs=(f"iceberg:{SQL}.space", "iceberg:nobody.space"))
    database = f"sqlite:///{tmp_path}/no folder/catalog.db"
    configure(monkeypatch, SQL, uri=database, warehouse=(tmp_path / "iceberg").as_uri())
    warehouse.deliver(a_milestone("one"))
    warehouse.publish()
    export_parquet(settings)

    with pytest.raises(CatalogError, match=f"Iceberg catalog {SQL}: OperationalError; expected it to take the tables"):
        register(settings)
    (tmp_path / "no folder").mkdir()
    with pytest.raises(SettingError, match=r"iceberg:nobody: .*expected a catalog of that name"):
        register(settings)

    folder = settings.layout.parquet / "milestones"
    assert pq.read_table(folder).num_rows == len(rows_of(SQL, "space.milestones")) == 1


def test_without_pyiceberg_it_says_what_to_install(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.publish()
    export_parquet(warehouse.settings)
    monkeypatch.setitem(sys.modules, "pyiceberg.catalog", None)
    monkeypatch.delitem(sys.modules, "sighten_warehouse.catalogs.iceberg", raising=False)

    with pytest.raises(
        SettingError, match=r"needs pyiceberg, which is not installed; expected pip install .*\[iceberg\]"
    ):
        register(changed(warehouse, catalogs=("iceberg:x.space",)))

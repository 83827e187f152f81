"""A home on object storage beside other engines: what is registered in catalogs, and what needs a folder."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pyiceberg.catalog.sql import SqlCatalog

from sighten_warehouse.catalogs.export import read_exported
from sighten_warehouse.catalogs.iceberg import register_in_iceberg
from sighten_warehouse.catalogs.step import register
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish.parquet import export_parquet
from sighten_warehouse.spark.session import engine_session
from support.factories import a_milestone
from support.object_stores import ObjectStore, variables
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

Machines = Callable[[str], Warehouse]


def test_an_export_is_registered_by_its_urls_and_read_from_the_store(
    store: ObjectStore, machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, given = machines("A"), variables(store)
    options = {"s3.endpoint": given["AWS_ENDPOINT_URL"], "uri": f"sqlite:///{tmp_path}/catalog.db"}
    catalog = SqlCatalog("prod", warehouse=(tmp_path / "iceberg").as_uri(), **options)
    monkeypatch.setattr("sighten_warehouse.catalogs.iceberg.load_catalog", lambda _name: catalog)
    machine.deliver(a_milestone("one"))
    export_parquet(machine.settings)
    export = read_exported(machine.settings.layout)
    assert export is not None

    register_in_iceberg(export, catalog="prod", namespace="space")

    table = catalog.load_table("space.milestones")
    assert {f"{store.url}/"} == {path[: len(store.url) + 1] for path in table.inspect.files()["file_path"].to_pylist()}
    assert 1 == table.scan().to_arrow().num_rows


def test_spark_and_ducklake_need_a_folder(machines: Machines) -> None:
    settings = machines("A").settings
    machines("A").publish()
    export_parquet(settings)

    with (
        pytest.raises(SettingError, match="expected a folder that every executor of Spark reaches"),
        engine_session(msgspec.structs.replace(settings, engine="spark")),
    ):
        pass
    with pytest.raises(SettingError, match="ducklake: expected a home on a local disk"):
        register(msgspec.structs.replace(settings, catalogs=("ducklake",)))

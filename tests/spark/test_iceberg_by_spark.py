"""Apache Spark, with Apache Iceberg's own library, reads the registered tables."""

import os
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyiceberg.utils.config import Config

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.catalogs.export import read_exported
from sighten_warehouse.catalogs.iceberg import register_in_iceberg
from sighten_warehouse.publish.parquet import export_parquet
from support.repository import ROOT
from support.warehouses import Warehouse

pytestmark = pytest.mark.spark


def test_every_table_has_the_rows_of_the_export(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__SPARK__URI", f"sqlite:///{tmp_path}/catalog.db")
    monkeypatch.setenv("PYICEBERG_CATALOG__SPARK__WAREHOUSE", (tmp_path / "iceberg").as_uri())
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())
    warehouse.deliver(
        *(delivery.body for delivery in plan_deliveries(build_simulation(1, 60), PlanOptions(tasks=True)))
    )
    export_parquet(warehouse.settings)
    export = read_exported(warehouse.settings.layout)
    assert export
    register_in_iceberg(export, catalog="spark", namespace="sighten")
    answers = tmp_path / "answers"
    answers.mkdir()

    script = [ROOT / ".venv/iceberg-spark/bin/python", Path(__file__).with_name("read_by_iceberg_spark.py")]
    folders = [tmp_path / "iceberg" / "sighten", answers]
    subprocess.run([*script, *folders], check=True, timeout=300, env={**os.environ, "TZ": "UTC"})

    read = {path.name: path.read_text().splitlines() for path in answers.iterdir()}
    written = {
        name: sorted(str(row) for row in pq.read_table(files).to_pylist()) for name, files in export.tables.items()
    }
    assert written == read
    assert 60 <= len(read["milestones"])

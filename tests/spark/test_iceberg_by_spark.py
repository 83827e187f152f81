"""Spark's client reads the registered Iceberg tables: by Sail, since Iceberg's runtime for Spark is a jar of Maven."""

import subprocess
from pathlib import Path
from typing import Any

import pyarrow.feather
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


def rows_of(table: Any) -> list[str]:
    return sorted(str(row) for row in table.to_pylist())


def test_every_table_has_the_rows_of_the_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = Warehouse(tmp_path / "home")  # Sail opens no path with a space
    monkeypatch.setenv("PYICEBERG_CATALOG__SAIL__URI", f"sqlite:///{tmp_path}/catalog.db")
    monkeypatch.setenv("PYICEBERG_CATALOG__SAIL__WAREHOUSE", (tmp_path / "iceberg").as_uri())
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())
    warehouse.deliver(
        *(delivery.body for delivery in plan_deliveries(build_simulation(1, 60), PlanOptions(tasks=True)))
    )
    export_parquet(warehouse.settings)
    export = read_exported(warehouse.settings.layout)
    assert export
    register_in_iceberg(export, catalog="sail", namespace="sighten")
    (tmp_path / "answers").mkdir()

    script = [ROOT / ".venv/sail/bin/python", Path(__file__).with_name("read_by_sail.py")]
    subprocess.run([*script, tmp_path / "iceberg" / "sighten", tmp_path / "answers"], check=True, timeout=120)

    answers = {path.stem: pyarrow.feather.read_table(path) for path in (tmp_path / "answers").iterdir()}
    written = {name: pq.read_table(files) for name, files in export.tables.items()}
    assert written.keys() == answers.keys()
    assert [] == [name for name, table in written.items() if rows_of(table) != rows_of(answers[name])]
    assert 60 <= answers["milestones"].num_rows

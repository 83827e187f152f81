"""Rebuild and publish on a standalone cluster whose worker is killed half way, and by Spark Connect."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.waiting import wait_until
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.lake.manifest import commits
from support.everything import everything
from support.spark_cluster import connect_server, standalone_cluster
from support.warehouses import Warehouse

pytestmark = pytest.mark.spark
BATCHES = 40
PROGRAM = Path(sys.executable).with_name("sighten-warehouse")


@pytest.fixture
def loaded(warehouse: Warehouse) -> Warehouse:
    """A published home of many batches."""
    plan = plan_deliveries(build_simulation(2, 200), PlanOptions(tasks=True))
    for part in range(BATCHES):
        warehouse.take_in(*(delivery.body for delivery in plan[part::BATCHES]))
    warehouse.publish()
    return warehouse


def digests(warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """Batch → the digests of its history files."""
    return {manifest.batch_id: manifest.history_sha256 for manifest in commits(warehouse.settings.layout)}


def run(warehouse: Warehouse, log: Path, command: str, master: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"SIGHTEN_HOME": str(warehouse.settings.home), "SPARK_LOCAL_IP": "127.0.0.1"}
    with log.open("wb") as file:
        return subprocess.Popen(
            [PROGRAM, command, "--engine", "spark", "--master", master], env=environment, stdout=file, stderr=file
        )


def flattened(warehouse: Warehouse) -> int:
    """How many batches of the new lake are flattened so far."""
    prepared = warehouse.settings.layout.root.glob("lake.*.tmp/_prepared/[!.]*.json")
    return sum(json.loads(path.read_bytes())["prepared_at"] is not None for path in prepared)


def test_a_rebuild_survives_the_loss_of_a_worker(loaded: Warehouse, tmp_path: Path) -> None:
    tables, files, lake = everything(loaded), digests(loaded), loaded.settings.layout.lake.resolve()
    loaded.close()

    with standalone_cluster(tmp_path, workers=2) as cluster:
        rebuild = run(loaded, tmp_path / "rebuild.log", "rebuild", cluster.master)
        wait_until(lambda: flattened(loaded) > BATCHES // 4, what="the first batches", seconds=120, every=0.01)
        cluster.kill(0)
        left = BATCHES - flattened(loaded)
        assert 0 == rebuild.wait(240), (tmp_path / "rebuild.log").read_text()

    log = (tmp_path / "rebuild.log").read_text()
    assert left > 0
    assert "Lost executor" in log
    assert f"rebuilt {BATCHES} batches" in log
    assert lake != loaded.settings.layout.lake.resolve()
    assert files == digests(loaded)
    assert tables == everything(loaded)


def test_spark_connect_gives_the_same(loaded: Warehouse, tmp_path: Path) -> None:
    tables, files = everything(loaded), digests(loaded)
    loaded.close()

    with connect_server(tmp_path) as master:
        rebuild = run(loaded, tmp_path / "rebuild.log", "rebuild", master)
        assert 0 == rebuild.wait(240), (tmp_path / "rebuild.log").read_text()

    assert files == digests(loaded)
    assert tables == everything(loaded)

"""Rebuild on a cluster of which a worker is killed half way, and by Spark Connect; DuckDB goes on from it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from devstack.waiting import wait_until
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.lake.manifest import commits
from support.everything import everything
from support.factories import a_milestone
from support.made_anew import wrong_rows
from support.spark_cluster import configuration, connect_server, standalone_cluster
from support.warehouses import Warehouse

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]
BATCHES = 24
OF_PUBLISHING = ("published_at", "publish_seconds", "total_seconds", "to_publish")
SECONDS = 900  # machines are shared
PROGRAM = Path(sys.executable).with_name("sighten-warehouse")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A published home of many batches; after a rebuild it has the same rows."""
    warehouse = Warehouse(tmp_path_factory.mktemp("loaded") / "home")
    plan = plan_deliveries(build_simulation(2, 80), PlanOptions(tasks=True))
    for part in range(BATCHES):
        warehouse.take_in(*(delivery.body for delivery in plan[part::BATCHES]))
    warehouse.publish()
    return warehouse


def held(warehouse: Warehouse) -> dict[str, Any]:
    """Every row that is published, without times of publishing, and the digest of each history file."""
    found: dict[str, Any] = {
        manifest.batch_id: manifest.history_sha256 for manifest in commits(warehouse.settings.layout)
    }
    found |= everything(warehouse, but=OF_PUBLISHING)
    warehouse.close()
    return found


def start_rebuild(warehouse: Warehouse, log: Path, master: str) -> subprocess.Popen[bytes]:
    command = [PROGRAM, "rebuild", "--engine", "spark", "--master", master]
    environment = os.environ | configuration(log.parent) | {"SIGHTEN_HOME": str(warehouse.settings.home)}
    with log.open("wb") as file:
        return subprocess.Popen(command, env=environment, stdout=file, stderr=file)


def flattened(warehouse: Warehouse) -> int:
    """How many batches of the new lake are flattened so far."""
    prepared = warehouse.settings.layout.root.glob("lake.*.tmp/_prepared/[!.]*.json")
    return sum(json.loads(path.read_bytes())["prepared_at"] is not None for path in prepared)


def test_a_rebuild_survives_the_loss_of_a_worker(loaded: Warehouse, tmp_path: Path) -> None:
    before, lake = held(loaded), loaded.settings.layout.lake.resolve()

    with standalone_cluster(tmp_path, workers=2) as cluster:
        rebuild = start_rebuild(loaded, tmp_path / "rebuild.log", cluster.master)
        wait_until(lambda: flattened(loaded) >= BATCHES // 4, what="the first batches", seconds=SECONDS, every=0.01)
        cluster.kill(0)
        left = BATCHES - flattened(loaded)
        code = rebuild.wait(SECONDS)

    log = (tmp_path / "rebuild.log").read_text()
    assert 0 == code, log
    assert left > 0
    assert "Lost executor" in log
    assert f"rebuilt {BATCHES} batches" in log
    assert lake != loaded.settings.layout.lake.resolve()
    assert [] == list(loaded.settings.layout.lake.resolve().rglob(".*.tmp"))
    assert before == held(loaded)

    with capture_logs() as logs:
        loaded.deliver(a_milestone("new"))

    assert [True] == [event["is_update"] for event in logs if event["event"] == "published"]  # by DuckDB
    assert {} == wrong_rows(loaded)


def test_spark_connect_gives_the_same(loaded: Warehouse, tmp_path: Path) -> None:
    before, lake = held(loaded), loaded.settings.layout.lake.resolve()

    with connect_server(tmp_path) as master:
        code = start_rebuild(loaded, tmp_path / "rebuild.log", master).wait(SECONDS)

    assert 0 == code, (tmp_path / "rebuild.log").read_text()
    assert lake != loaded.settings.layout.lake.resolve()
    assert before == held(loaded)

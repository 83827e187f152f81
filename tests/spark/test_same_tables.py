"""Every table and view has the same rows on both engines."""

import random
import shutil
from pathlib import Path

import pytest

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.lives import build_simulation
from support.happenings import Happenings
from support.on_spark import wrong_on_spark
from support.warehouses import Warehouse

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]
CORPUS = Path(__file__).parents[1] / "corpus" / "landing.ndjson"


def test_the_corpus(warehouse: Warehouse) -> None:
    landing = warehouse.settings.layout.landing / "received_date=2026-11-20"
    landing.mkdir(parents=True)
    shutil.copyfile(CORPUS, landing / "corpus.ndjson")
    warehouse.load()
    warehouse.publish()

    assert {} == wrong_on_spark(warehouse)


def test_a_simulated_world(warehouse: Warehouse) -> None:
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 100), PlanOptions(tasks=True))]
    for part in range(3):
        warehouse.take_in(*(delivery.body for delivery in plan[part::3]))
    warehouse.publish()

    assert {} == wrong_on_spark(warehouse)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens(warehouse: Warehouse, seed: int) -> None:
    happenings = Happenings(warehouse, random.Random(seed))
    happenings.deliver()
    warehouse.publish()
    for _ in range(60):
        happenings.happen()
    warehouse.publish()

    assert {} == wrong_on_spark(warehouse)

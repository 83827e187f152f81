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

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark"), pytest.mark.timeout(1200)]
CORPUS = Path(__file__).parents[1] / "corpus" / "landing.ndjson"


def test_the_corpus_a_simulated_world_and_whatever_happens_to_it(warehouse: Warehouse) -> None:
    landing = warehouse.settings.layout.landing / "received_date=2026-11-20"
    landing.mkdir(parents=True)
    shutil.copyfile(CORPUS, landing / "corpus.ndjson")
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 60), PlanOptions(tasks=True))]
    for part in range(3):
        warehouse.take_in(*(delivery.body for delivery in plan[part::3]))
    warehouse.publish()
    happenings = Happenings(warehouse, random.Random(2))
    for _ in range(80):
        happenings.happen()
    warehouse.publish(full=True)

    assert {} == wrong_on_spark(warehouse)
    assert warehouse.value("select count(*) from ops.copies") > 0
    assert warehouse.value("select count(*) from ops.reconciled") > 0


def test_an_empty_home(warehouse: Warehouse) -> None:
    warehouse.publish()

    assert {} == wrong_on_spark(warehouse)

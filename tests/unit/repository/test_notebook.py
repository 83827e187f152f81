"""The notebook runs from its first cell to its last, and shows what the warehouse holds."""

import runpy
from typing import Any

import pytest

from sighten_simulator.world.lives import build_simulation
from support.factories import SAMPLE_BYTES
from support.repository import ROOT
from support.warehouses import Warehouse

NOTEBOOK = ROOT / "notebooks" / "warehouse.py"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the cells define, after all of them ran."""
    warehouse = Warehouse(tmp_path_factory.mktemp("notebook"))
    snapshots = [snapshot for life in build_simulation(1, 40).lives for snapshot in life.snapshots]
    warehouse.deliver(SAMPLE_BYTES, *(snapshot.payload for snapshot in snapshots))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SIGHTEN_HOME", str(warehouse.settings.home))
        _, defined = runpy.run_path(str(NOTEBOOK))["app"].run()
    return dict(defined)


def test_it_answers_the_first_question_of_the_cookbook(shown: dict[str, Any]) -> None:
    assert 22 == len(shown["cookbook"])
    assert 41 == shown["answer"]["milestones"].sum()


def test_its_plots_hold_what_the_marts_hold(shown: dict[str, Any]) -> None:
    drawn = [shown[name].to_dict() for name in ("approval_times", "pending_ageing")]

    assert [41, shown["pending"]["milestones"].sum()] == [
        sum(row["milestones"] for row in next(iter(chart["datasets"].values()))) for chart in drawn
    ]


def test_it_looks_back(shown: dict[str, Any]) -> None:
    assert 0 < shown["looked_back"]["milestones"].sum() < 41


def test_it_asks_a_question_of_ones_own(shown: dict[str, Any]) -> None:
    assert {"approved", "submitted"} <= set(shown["own_answer"]["event"])

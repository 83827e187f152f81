"""After any small load, a version that was updated equals one that is made anew, in every table."""

import random
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from structlog.testing import capture_logs

from support.happenings import Happenings
from support.made_anew import wrong_rows
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep


def check(seed: int, *, publishes: int) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as home, closing(Warehouse(Path(home))) as warehouse, capture_logs() as logs:
        metrics = Path(home) / "metrics.yml"
        metrics.write_text("o: [m]")
        warehouse.settings = replace(warehouse.settings, dal_metrics=metrics)
        happenings = Happenings(warehouse, chance)
        warehouse.publish()
        for _ in range(publishes):
            happened = [happenings.happen() for _ in range(chance.choice([1, 1, 2]))]
            warehouse.publish()
            assert {} == wrong_rows(warehouse), happened
    assert any(log.get("is_update") for log in logs)


@settings(max_examples=1)
@given(seed=st.integers(0, 2**64))
def test_any_small_load_gives_what_a_version_made_anew_holds(seed: int) -> None:
    check(seed, publishes=6)


@pytest.mark.big
@settings(max_examples=40)
@given(seed=st.integers(0, 2**64))
def test_many_small_loads_give_what_versions_made_anew_hold(seed: int) -> None:
    check(seed, publishes=25)

"""The simulation of docs/scaling.md, from costs that are known here."""

from dataclasses import replace

import pytest

from benchmarks.costs import Costs, line, measured
from benchmarks.runs import read_runs
from benchmarks.scaling import PAGE, fill, simulate, tenants

COSTS = Costs(
    load_fixed=0.5,
    load_each=0.001,
    publish_one={1_000: 1.0, 10_000: 1.0},
    publish_many={1_000: 2.0, 10_000: 2.0},
    publish_all={1_000: 4.0, 10_000: 40.0},
    copy={1_000: 0.5, 10_000: 0.5},
    file_bytes={1_000: 1e6, 10_000: 1e7},
    payload_bytes=5e3,
    receiver_rate=1e4,
)


@pytest.mark.parametrize(("at", "value"), [(20, 2.0), (30, 3.0), (5, 0.5), (100, 10.0)])
def test_costs_lie_on_a_line_between_the_measured_sizes_and_beyond_them(at: float, value: float) -> None:
    assert value == pytest.approx(line({10: 1.0, 20: 2.0, 40: 4.0}, at))


def test_publishing_what_is_new_costs_at_most_making_all_anew() -> None:
    assert 1.0 == COSTS.publish(1, 1_000)
    assert 2.0 == pytest.approx(COSTS.publish(1_000, 1_000))
    assert 4.0 == COSTS.publish(1_000_000, 1_000)


def test_a_quiet_home_waits_for_one_publish_and_a_busy_one_for_the_one_before_too() -> None:
    quiet = simulate(COSTS, deliveries_a_day=10, home=1_000)
    busy = simulate(COSTS, deliveries_a_day=1_000_000, home=10_000)

    assert 2.0 == pytest.approx(quiet.p50, abs=0.1)
    assert quiet.cores < 0.01
    assert busy.p50 > 1.4 * quiet.p50
    assert 0.7 < busy.cores <= 1.0


def test_a_home_whose_publish_takes_longer_than_the_hour_does_not_keep_up() -> None:
    slow = replace(COSTS, copy={1_000: 0.5, 10_000: 5_000.0})

    assert simulate(COSTS, deliveries_a_day=1_000, home=10_000).keeps_up
    assert not simulate(slow, deliveries_a_day=1_000, home=10_000).keeps_up


def test_tenants_need_the_more_cores_the_more_often_they_publish() -> None:
    [few, *_, many] = tenants(COSTS)

    assert ("10", "20") == (few[0], few[1])
    assert few[2] == few[3], "so few arrive that each is published by itself"
    assert float(many[2].replace(",", "")) > 5 * float(many[3].replace(",", ""))


def test_the_page_shows_the_newest_measured_costs() -> None:
    page = PAGE.read_text()

    assert page == fill(page, measured(read_runs()[-1]))
    with pytest.raises(ValueError, match="homes"):
        fill(page.replace("<!-- homes -->", ""), COSTS)

"""What `watch` finds in a real home and sends to a real webhook, and that it is over once it is mended."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.ops.decisions import discard
from sighten_warehouse.ops.drift import acknowledge
from sighten_warehouse.ops.measures import MEASURES
from sighten_warehouse.ops.watch import Watched, watch
from sighten_warehouse.settings import Secret
from support.factories import a_milestone
from support.hearing import At, Heard, listening_webhook
from support.warehouses import Warehouse

Check = Callable[..., Watched]
MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)


@pytest.fixture
def webhook() -> Iterator[Heard]:
    with listening_webhook() as heard:
        yield heard


@pytest.fixture
def check(warehouse: Warehouse, webhook: Heard) -> Check:
    """One check, that much later than now, with those settings."""

    def check(*, later: timedelta = timedelta(0), **settings: Any) -> Watched:
        alerts = (Secret(webhook.url),)
        changed = replace(warehouse.settings, **{"alerts": alerts, "min_free_disk": "1MB"} | settings)
        return watch(changed, clock=At(datetime.now(UTC) + later))

    return check


def land_webhooks_of_weeks(warehouse: Warehouse) -> None:
    """A webhook every six hours for four weeks, until now."""
    now = datetime.now(UTC)
    times = [now - number * timedelta(hours=6) for number in range(4 * 7 * 4)]
    lines = [landing_line(b"{}", landing_id=new_landing_id(), received_at=time, source="webhook") for time in times]
    write_landing_file(warehouse.settings.layout.landing, lines, received_at=now)


def test_a_home_without_a_problem_raises_no_alert(warehouse: Warehouse, check: Check, webhook: Heard) -> None:
    nothing_yet = check()
    warehouse.land(a_milestone())

    landed = check(later=29 * MINUTE)

    assert ([], [], []) == (nothing_yet.problems, landed.problems, webhook.states)
    assert (1, 1, 0) == tuple(landed.measures[name] for name in ("landed", "pending", "open_alerts"))


def test_each_problem_is_heard_once_and_once_when_it_is_over(
    warehouse: Warehouse, check: Check, webhook: Heard
) -> None:
    land_webhooks_of_weeks(warehouse)
    [ill, _] = warehouse.deliver(b"no json", a_milestone() | {"new": 1})
    warehouse.take_in(a_milestone())
    found = [check(later=later) for later in (timedelta(hours=3), timedelta(hours=20), timedelta(hours=21))]
    at_three, heard = len(found[0].problems), list(webhook.states)
    discard(warehouse.settings, [ill], reason="a test")
    acknowledge(warehouse.settings)
    warehouse.clock = datetime.now(UTC)
    warehouse.take_in(a_milestone(), source="webhook")
    warehouse.publish()
    over = check()

    assert 3 == at_three  # all but the silence
    keys = ["deliveries_unpublished", "quarantine_grew", "drift_new", "webhooks_silent"]
    assert [("open", key) for key in keys] == heard
    assert sorted(("over", key) for key in keys) == sorted(webhook.states[4:])
    assert [] == over.problems
    assert set(MEASURES) == set(over.measures)


def test_a_status_that_cannot_be_read_is_heard_and_ends_no_other_alert(
    warehouse: Warehouse, check: Check, webhook: Heard
) -> None:
    warehouse.deliver(b"no json")
    layout = warehouse.settings.layout
    check()
    layout.acknowledged_drift.write_bytes(b"{")
    check()
    layout.acknowledged_drift.unlink()
    layout.warehouse_file.rename(layout.work / "aside")
    check()
    (layout.work / "aside").rename(layout.warehouse_file)
    check()

    assert [
        ("open", "quarantine_grew"),
        ("open", "status_unreadable"),
        ("open", "published_file_damaged"),
        ("over", "status_unreadable"),
        ("over", "published_file_damaged"),
    ] == webhook.states

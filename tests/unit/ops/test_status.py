"""Status: landed deliveries equal the sum of outcomes, or the balance is reported as broken."""

from sighten_warehouse.ops.status import read_status
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse


def test_the_balance_holds_at_every_step(warehouse: Warehouse) -> None:
    statuses = [read_status(warehouse.settings)]
    warehouse.land(SAMPLE_BYTES, SAMPLE_BYTES, b"no json", {}, a_milestone())
    statuses.append(read_status(warehouse.settings))
    warehouse.load()
    statuses.append(read_status(warehouse.settings))
    warehouse.publish()
    warehouse.land(a_milestone())
    statuses.append(read_status(warehouse.settings))

    assert [True] * 4 == [status.balanced for status in statuses]
    assert [(0, 0, 0), (5, 5, 0), (5, 0, 5), (6, 1, 0)] == [
        (status.landed, status.pending, status.unpublished) for status in statuses
    ]
    outcomes = {"applied": 2, "superseded": 0, "duplicate": 1, "ignored": 1, "quarantined": 1}
    assert outcomes == statuses[-1].outcomes
    assert {"not_json": 1} == statuses[-1].quarantine


def test_a_landing_file_that_lost_lines_after_it_was_loaded_breaks_the_balance(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES, a_milestone())
    [file] = warehouse.settings.layout.landing.glob("*/*.ndjson")
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])

    status = read_status(warehouse.settings)

    assert not status.balanced
    assert "1 landed ≠ 2 accounted for" in status.explain()


def test_a_missing_landing_file_breaks_the_balance(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    [file] = warehouse.settings.layout.landing.glob("*/*.ndjson")
    file.unlink()

    assert not read_status(warehouse.settings, recount=False).balanced


def test_a_missing_published_file_is_reported_as_such_and_no_delivery_as_lost(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES, a_milestone())
    warehouse.close()
    warehouse.settings.layout.warehouse_file.unlink()

    missing = read_status(warehouse.settings)
    warehouse.publish()
    republished = read_status(warehouse.settings)

    assert (True, 2, True) == (missing.balanced, missing.unpublished, missing.published_file_missing)
    assert (True, 0, False) == (republished.balanced, republished.unpublished, republished.published_file_missing)

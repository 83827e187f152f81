"""Invariants for arbitrary bytes, as a body and as a line of a landing file."""

from datetime import UTC, datetime

import msgspec
import pyarrow as pa

from sighten_warehouse.landing.line import landing_line, parse_landing_line
from sighten_warehouse.load.batch import schemas
from sighten_warehouse.load.delivery import Delivery, read_delivery

LANDING_ID = "01900000-0000-7000-8000-000000000000"
RECEIVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
OUTCOMES = ("loaded", "ignored", "quarantined")


def check_body(body: bytes) -> Delivery:
    """Check that the body lands byte for byte as one line, and check that line."""
    line = landing_line(body, landing_id=LANDING_ID, received_at=RECEIVED_AT)
    if body != parse_landing_line(line).body_as_received():
        raise AssertionError("the body did not land byte for byte")
    if line.count(b"\n") != 1:
        raise AssertionError("the delivery is not one line")
    return check_line(line)


def check_line(raw: bytes) -> Delivery:
    """Check that the line has one outcome, that a quarantine has its reason, and that rows fit their columns."""
    delivery = read_delivery(raw, landing_file="received_date=2026-11-01/x.ndjson", line_number=1, batch_id="b")
    row = delivery.row
    if row["outcome"] not in OUTCOMES or bool(delivery.staged) != (row["outcome"] == "loaded"):
        raise AssertionError(f"outcome {row['outcome']!r}")
    if row["outcome"] == "quarantined" and not (row["reason"] and row["place"] and row["expected"]):
        raise AssertionError("quarantined without reason, place or what was expected")
    if row.get("reason") == "loader_failed":
        raise AssertionError(f"the loader failed: {row['place']}")
    _check_columns(delivery)
    return delivery


def _check_columns(delivery: Delivery) -> None:
    for table, rows in ({"deliveries": [delivery.row]} | delivery.staged).items():
        pa.RecordBatch.from_pylist(rows, schema=schemas()[table]).validate(full=True)
    for task in (task for snapshot in delivery.staged.get("snapshots", ()) for task in snapshot["tasks"]):
        _check_json(task["rescued"])
        for sub_task in task["sub_tasks"]:
            _check_json(sub_task["rescued"])
            _check_json(sub_task["data"])


def _check_json(text: str | None) -> None:
    if text is not None:
        msgspec.json.decode(text, type=msgspec.Raw)

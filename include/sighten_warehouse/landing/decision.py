"""Decisions on quarantined deliveries, landed as lines so that landing stays the only truth."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.line import LandingLine, landing_line

# Only a line of this type with source "import" is a decision; what the receiver lands never is, whatever its type.
DECISION_TYPE = "application/vnd.sighten-warehouse.decision+json"
DECISION_SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("quarantined_landing_id", pa.string()),
        ("decision", pa.string()),
        ("retried_as_landing_id", pa.string()),
        ("reason", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision on one delivery: retried as another delivery, or discarded."""

    quarantine_decision: Literal["retry", "discard"]
    landing_id: UUID
    retried_as: UUID | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse a retry without `retried_as`, and a discard with it."""
        if (self.quarantine_decision == "retry") != (self.retried_as is not None):
            raise ValueError("retried_as: expected with a retry, and with nothing else")


def decision_line(decision: Decision, *, landing_id: str, received_at: datetime) -> bytes:
    """The decision as one line of a landing file."""
    return landing_line(
        msgspec.json.encode(decision),
        landing_id=landing_id,
        received_at=received_at,
        source="import",
        content_type=DECISION_TYPE,
    )


def is_decision(line: LandingLine) -> bool:
    """Whether the line is a decision and not a delivery."""
    return line.source == "import" and line.content_type == DECISION_TYPE


def read_decision(line: LandingLine) -> Decision:
    """The decision in a line for which `is_decision` is true.

    Raises:
        RejectedError: the body is not a decision.
    """
    try:
        return msgspec.json.decode(line.body_as_received(), type=Decision)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RejectedError("not_a_decision", place="the whole body", expected=f"a decision ({error})") from None

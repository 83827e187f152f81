"""Decisions on quarantined deliveries; they are landed like any delivery, so that landing alone tells all."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.line import LandingLine, landing_line

# Only a line of this type from source "import" decides: what the receiver lands never does, whatever it says.
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
    """What was decided on one delivery: another was landed in its place, or none shall be."""

    quarantine_decision: Literal["retry", "discard"]
    landing_id: UUID
    retried_as: UUID | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse a retry that names no delivery, and a discard that does."""
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
    """Whether the line decides on another one instead of delivering something."""
    return line.source == "import" and line.content_type == DECISION_TYPE


def read_decision(line: LandingLine) -> Decision:
    """What a line decides of which `is_decision` is true.

    Raises:
        RejectedError: it cannot be told.
    """
    try:
        return msgspec.json.decode(line.body_as_received(), type=Decision)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RejectedError("not_a_decision", place="the whole body", expected=f"a decision ({error})") from None

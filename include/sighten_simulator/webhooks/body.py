"""A webhook as Sighten sends it, before it is encoded, delayed, repeated or lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

BodyKind = Literal["milestone", "task", "stage_transition", "unknown"]


@dataclass(frozen=True)
class WebhookBody:
    """One webhook; bodies of the same `entity_id` supersede each other by time."""

    milestone_id: str
    entity_id: str
    kind: BodyKind
    payload: dict[str, Any]
    sent_at: datetime

"""What Sighten sends, before anything happens to it on its way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

BodyKind = Literal["milestone", "task", "stage_transition", "unknown"]


@dataclass(frozen=True)
class Sent:
    """One webhook: of which milestone, and of which thing it is a newer word than the one before."""

    milestone_id: str
    about: str
    kind: BodyKind
    payload: dict[str, Any]
    sent_at: datetime

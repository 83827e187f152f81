"""Status codes and comment wordings; those marked as ours are plausible, not public."""

from typing import Literal

EventKind = Literal["submitted", "cancelled", "rejected", "approved"]

# Only APPROVED is public; the others are ours.
MILESTONE_STATUS: dict[EventKind, str] = {
    "submitted": "SUBMITTED",
    "cancelled": "INPROG",
    "rejected": "REJECTED",
    "approved": "APPROVED",
}
IN_PROGRESS = "INPROG"

# APPROVED and INPROG are public; READY and REJECTED are ours, named after the counters.
TASK_PENDING, TASK_READY, TASK_APPROVED, TASK_REJECTED = "INPROG", "READY", "APPROVED", "REJECTED"
TASK_COUNTERS = {
    "pending_task_count": TASK_PENDING,
    "ready_task_count": TASK_READY,
    "approved_task_count": TASK_APPROVED,
    "rejected_task_count": TASK_REJECTED,
}

# The first and the last are public; the wordings of a cancelled submit and of a rejection are ours.
COMMENT_WORDING: dict[EventKind, str] = {
    "submitted": "{actor} submitted milestone {name} for approval.",
    "cancelled": "{actor} cancelled the submission of milestone {name}.",
    "rejected": "{actor} rejected milestone {name}.",
    "approved": "{actor} approved milestone {name}.",
}

# AUTO is public; USER is ours.
LOG_COMMENT, NOTE_COMMENT = "AUTO", "USER"

# The vendor sends a webhook for these. A cancelled submit shows only in the comments of a later snapshot.
SENT_EVENTS: frozenset[EventKind] = frozenset({"submitted", "rejected", "approved"})

"""The codes and the wordings that the simulated Sighten uses; those marked as ours are plausible, not public."""

from typing import Literal

EventKind = Literal["submitted", "cancelled", "rejected", "approved"]

# Of the milestone's codes only APPROVED is public; the others are ours.
MILESTONE_STATUS: dict[EventKind, str] = {
    "submitted": "SUBMITTED",
    "cancelled": "INPROG",
    "rejected": "REJECTED",
    "approved": "APPROVED",
}
IN_PROGRESS = "INPROG"

# Of a task's codes APPROVED and INPROG are public; READY and REJECTED are ours, named after the counters.
TASK_PENDING, TASK_READY, TASK_APPROVED, TASK_REJECTED = "INPROG", "READY", "APPROVED", "REJECTED"
TASK_COUNTERS = {
    "pending_task_count": TASK_PENDING,
    "ready_task_count": TASK_READY,
    "approved_task_count": TASK_APPROVED,
    "rejected_task_count": TASK_REJECTED,
}

# Public are the first and the last; the wordings of a rejection and of a cancelled submit are ours.
COMMENT_WORDING: dict[EventKind, str] = {
    "submitted": "{actor} submitted milestone {name} for approval.",
    "cancelled": "{actor} cancelled the submission of milestone {name}.",
    "rejected": "{actor} rejected milestone {name}.",
    "approved": "{actor} approved milestone {name}.",
}

# Public is AUTO; the other is ours.
LOG_COMMENT, NOTE_COMMENT = "AUTO", "USER"

# The vendor sends a webhook for these; a cancelled submit shows only in the comments of a later snapshot.
SENT_EVENTS: frozenset[EventKind] = frozenset({"submitted", "rejected", "approved"})

"""Errors of calls that the API refuses; `errors.py` shows the whole tree."""

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.errors import RejectedError


class RefusedCallError(RejectedError):
    """The API refuses this call and would refuse it again.

    Args:
        reason: one word for counting, such as `refused_with_400`.
        place: the requested path, without ids.
        expected: what the API would have accepted.
        answer: the response; its body may name people, so it stays out of the message.
    """

    def __init__(self, reason: str, *, place: str, expected: str, answer: Answer) -> None:
        super().__init__(reason, place=place, expected=expected)
        self.answer = answer


class NotFoundError(RefusedCallError):
    """What was requested does not exist, or this token's user may not see it."""

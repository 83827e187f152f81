"""Errors of calls that the API refuses; the tree of all errors is drawn in `errors.py`."""

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.errors import RejectedError


class RefusedCallError(RejectedError):
    """The API refuses this call and would refuse it again; `answer` is what it said.

    Args:
        reason: one word for counting, such as `refused_with_400`.
        place: the path that was asked, without ids.
        expected: what would have been an answer.
        answer: with the body, which is kept out of the message: it may name people.
    """

    def __init__(self, reason: str, *, place: str, expected: str, answer: Answer) -> None:
        super().__init__(reason, place=place, expected=expected)
        self.answer = answer


class NotFoundError(RefusedCallError):
    """What was asked for is not there, or not for this token's user."""

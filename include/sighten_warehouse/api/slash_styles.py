"""Calls a path with or without its trailing slash, and learns which of the two the API accepts."""

from typing import TypeVar

from sighten_warehouse.api.answer import Attempt, Follow, RetryableFailure
from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.urls import Addresses

T = TypeVar("T")


def in_either_style(attempt: Attempt, follow: Follow[T], *, addresses: Addresses) -> T | RetryableFailure:
    """Make one attempt; repeat it in the other slash style if the path is not found.

    Raises:
        NotFoundError: neither style exists, or the path exists but the entity does not.
    """
    try:
        outcome = follow(attempt)
    except NotFoundError as error:
        other = (
            None if _is_about_the_entity(attempt, error) else addresses.other_style(attempt.path, seen_at=attempt.url)
        )
        if other is None:
            raise
    else:
        _learn(attempt, outcome, addresses)
        return outcome
    return _in_other_style(attempt.at(other), follow, addresses=addresses)


def _in_other_style(attempt: Attempt, follow: Follow[T], *, addresses: Addresses) -> T | RetryableFailure:
    try:
        outcome = follow(attempt)
    except NotFoundError as error:
        if _is_about_the_entity(attempt, error):
            addresses.learn_style(attempt.path, seen_at=attempt.url)
        else:
            addresses.learn_missing(attempt.path)
        raise
    _learn(attempt, outcome, addresses)
    return outcome


def _learn(attempt: Attempt, outcome: object, addresses: Addresses) -> None:
    if not isinstance(outcome, RetryableFailure):
        addresses.learn_style(attempt.path, seen_at=attempt.url)


def _is_about_the_entity(attempt: Attempt, error: NotFoundError) -> bool:
    """A JSON 404 for a path with ids means that the entity is missing; any other may mean that the path is wrong."""
    return "{" in attempt.path and error.answer.content is not None

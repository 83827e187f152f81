"""Calls a path with or without its trailing slash, and learns which of the two the API knows."""

from typing import TypeVar

from sighten_warehouse.api.answer import Attempt, Follow, RetryableFailure
from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.urls import Addresses

T = TypeVar("T")


def in_either_style(attempt: Attempt, follow: Follow[T], *, addresses: Addresses) -> T | RetryableFailure:
    """One attempt, repeated in the other slash style if the API does not know the path in the first one.

    Raises:
        NotFoundError: the API knows the path in neither style, or the path but not what it names.
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
            addresses.knows(attempt.path, seen_at=attempt.url)
        else:
            addresses.knows_neither(attempt.path)
        raise
    _learn(attempt, outcome, addresses)
    return outcome


def _learn(attempt: Attempt, outcome: object, addresses: Addresses) -> None:
    if not isinstance(outcome, RetryableFailure):
        addresses.knows(attempt.path, seen_at=attempt.url)


def _is_about_the_entity(attempt: Attempt, error: NotFoundError) -> bool:
    """JSON about a path with ids is about the entity; anything else may mean that there is no such path."""
    return "{" in attempt.path and error.answer.content is not None

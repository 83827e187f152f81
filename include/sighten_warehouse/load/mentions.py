"""Users and organizations that clean payloads mention; `history.users` and `history.organizations` in columns."""

from collections.abc import Iterable, Sequence
from typing import Any

from sighten_warehouse.payload.structs import is_user


def users(assignees: Sequence[tuple[int, Any]], authors: Iterable[tuple[int, int, Any]]) -> list[tuple[Any, ...]]:
    """The first mention of each user in each payload: payload, id, e-mail, first and last name, organization.

    `assignees` are in order of mention; `authors` are comments with payload and position, in any order.
    """
    found: dict[tuple[int, str], tuple[Any, ...]] = {}
    for payload, user in assignees:
        if user.uuid is not None and (payload, user.uuid) not in found:
            about = (user.email, user.first_name, user.last_name, user.organization)
            found[payload, user.uuid] = (payload, user.uuid, *about)
    for payload, _, author in sorted(authors, key=_order_of_author):
        if (payload, author.commenter_id) not in found:
            about = (author.commentor, author.commentor_first_name, author.commentor_last_name, None)
            found[payload, author.commenter_id] = (payload, author.commenter_id, *about)
    return list(found.values())


def _order_of_author(mention: tuple[int, int, Any]) -> tuple[Any, ...]:
    _, position, author = mention
    texts = (author.commentor, author.commentor_first_name, author.commentor_last_name)
    return (position, *((text is None, text or "") for text in texts))


def organizations(assignees: Iterable[tuple[int, Any]]) -> list[tuple[int, str, str | None]]:
    """The first mention of each organization with its name, if one has it: payload, id, name."""
    found: dict[tuple[int, str], str | None] = {}
    for payload, user in assignees:
        if user.organization is not None and found.get((payload, user.organization)) is None:
            found[payload, user.organization] = user.organization_name
    return [(payload, organization, name) for (payload, organization), name in found.items()]


def assigned_users(rows: Iterable[Any], payloads: Iterable[int]) -> list[tuple[int, Any]]:
    """The users that those entities are assigned to, if they are objects."""
    return [(payload, row.assigned_to) for payload, row in zip(payloads, rows, strict=True) if is_user(row.assigned_to)]

"""A DAL answer that says there is more of it, as one with the rows of all its pages, each as it came."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from sighten_warehouse.api.pages import LISTS
from sighten_warehouse.api.verdict import Answer


def says_more(answer: Answer) -> bool:
    """Whether the answer links to a next page, or counts more rows than it gives."""
    content = answer.content
    name = _list_of(content)
    if name is None:
        return False
    count = content.get("count")
    return bool(content.get("next")) or (isinstance(count, int) and count > len(content[name]))


def joined(pages: Iterable[Answer]) -> Answer:
    """The first page with the rows of all in its list; every number keeps its digits."""
    first, *others = pages
    name = _list_of(first.content)
    if name is None or not others:
        return first
    body = msgspec.json.decode(first.body, type=dict[str, msgspec.Raw])
    rows = [row for page in (first, *others) for row in _rows(page)]
    body[name] = msgspec.Raw(msgspec.json.encode(rows))
    whole = msgspec.json.encode(body)
    content = msgspec.json.decode(whole)
    return replace(first, body=whole, content=content, received_at=others[-1].received_at)


def _list_of(content: object) -> str | None:
    """The name under which the rows stand, if they are a list in an object."""
    if not isinstance(content, dict):
        return None
    return next((name for name in LISTS if isinstance(content.get(name), list)), None)


def _rows(page: Answer) -> list[msgspec.Raw]:
    name = _list_of(page.content)
    if name is None:
        return msgspec.json.decode(page.body, type=list[msgspec.Raw])
    return msgspec.json.decode(
        msgspec.json.decode(page.body, type=dict[str, msgspec.Raw])[name], type=list[msgspec.Raw]
    )

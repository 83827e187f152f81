"""Erasing e-mail addresses from text, and the names beside them from parsed JSON."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

ERASED = "erased"
_AT = re.compile(r"@|%40|&#64;|&#x40;|\\u0040|\\x40", re.IGNORECASE)
_MAX_LOCAL, _MAX_DOMAIN = 200, 255  # characters; RFC 5321 allows 64 and 255 octets
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+\Z")
_DOMAIN = re.compile(r"[^\W_](?:[^\W_]|[.-](?=[^\W_]))*")
_JOINED = frozenset(".+-")  # an address may go on to the left of these: `jo.ann@…` is not `ann@…`
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}\Z")
_SHORTEST_NAME = 2
_NAMES = ("first_name", "last_name", "middle_name", "full_name", "name")
_EMAIL_KEY = re.compile(r"_?e?mail(_?address)?\Z", re.IGNORECASE)

IsErased = Callable[[str], bool]


def erase_addresses(text: str, is_erased: IsErased) -> str:
    """The text with `erased` in place of each erased address, however it is written and whatever stands around it."""
    if not _AT.search(text):
        return text
    pieces, kept = [], 0
    for at in _AT.finditer(text):
        if at.start() < kept:
            continue
        found = _around(text, at, kept, is_erased)
        if found:
            pieces += [text[kept : found[0]], ERASED]
            kept = found[1]
    return "".join([*pieces, text[kept:]])


def _around(text: str, at: re.Match[str], kept: int, is_erased: IsErased) -> tuple[int, int] | None:
    """Where the erased address around that @ begins and ends."""
    local = _LOCAL.search(text[max(kept, at.start() - _MAX_LOCAL) : at.start()])
    domain = _DOMAIN.match(text[at.end() : at.end() + _MAX_DOMAIN])
    if not (local and domain):
        return None
    for name in _locals(local.group()):
        for host in _hosts(domain.group()):
            if is_erased(f"{unquote(name)}@{host}"):
                return at.start() - len(name), at.end() + len(host)
    return None


def _locals(run: str) -> Iterator[str]:
    """The parts of the run before the @ that may be the name of an address, the longest first."""
    for start in range(len(run)):
        before = run[:start]
        is_begin = not before or _PERCENT.search(before) or not (before[-1].isalnum() or before[-1] in _JOINED)
        if is_begin:
            yield run[start:]


def _hosts(run: str) -> Iterator[str]:
    """The parts of the run after the @ that may be its domain: a file's suffix or a word may follow."""
    yield run
    for end in range(len(run) - 1, 0, -1):
        if run[end] in ".-":
            yield run[:end]


def erase_people(tree: Any, is_erased: IsErased) -> Any:
    """The parsed JSON without erased addresses, in values and keys, and without the names that stand beside one.

    Beside an address stand the first, last or full name in the same object. The full name is erased in all its texts.
    """
    names = sorted(set(_full_names(tree, is_erased)), key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names)) if names else None

    def rewrite(text: str) -> str:
        rest = erase_addresses(text, is_erased)
        return pattern.sub(ERASED, rest) if pattern else rest

    return _rewrite(tree, rewrite, is_erased)


def _rewrite(tree: Any, rewrite: Callable[[str], str], is_erased: IsErased) -> Any:
    if type(tree) is str:
        return rewrite(tree)
    if isinstance(tree, list):
        return [_rewrite(item, rewrite, is_erased) for item in tree]
    if not isinstance(tree, dict):
        return tree
    beside = set(_name_keys(tree, is_erased))
    new: dict[str, Any] = {}
    for key, value in tree.items():
        new_key = rewrite(key)
        while new_key in new:
            new_key += "_"
        is_name = key in beside and isinstance(value, str) and value
        new[new_key] = ERASED if is_name else _rewrite(value, rewrite, is_erased)
    return new


def _name_keys(entity: dict[str, Any], is_erased: IsErased) -> Iterator[str]:
    """The keys of the names of the person whose address the object holds."""
    for key, value in entity.items():
        if isinstance(value, str) and "@" in value and is_erased(value):
            stem = _EMAIL_KEY.sub("", key)
            wanted = {f"{stem}_{name}" if stem else name for name in _NAMES}
            yield from (other for other in entity if other.lower() in {name.lower() for name in wanted})


def _full_names(tree: Any, is_erased: IsErased) -> Iterator[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _full_names(item, is_erased)
    elif isinstance(tree, dict):
        keys = list(_name_keys(tree, is_erased))
        values = {key: tree[key].strip() for key in keys if isinstance(tree[key], str)}
        yield from (value for value in values.values() if " " in value)
        for first in (key for key in values if key.lower().endswith("first_name")):
            last = values.get(first[: -len("first_name")] + "last_name", "")
            if min(len(values[first]), len(last)) >= _SHORTEST_NAME:
                yield f"{values[first]} {last}"
        for value in tree.values():
            yield from _full_names(value, is_erased)

"""What is left of a landed line after an erasure: a function of the line and the tombstones alone."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import read_api_request
from sighten_warehouse.landing.erasures import Tombstones
from sighten_warehouse.landing.line import LandingLine, landing_line, parse_landing_line, with_rest, without_body
from sighten_warehouse.payload.addresses import erase_addresses, erase_people
from sighten_warehouse.payload.decode import decode_body
from sighten_warehouse.payload.json_text import json_text
from sighten_warehouse.payload.repair import parse_embedded, parse_text

_HIDING = re.compile(rb'\\[^"]|"body_encoding":"base64"|"content-encoding"')  # escapes and encodings
_DROPPED = object()
WITHOUT_BODY = ("whole", "expired")


@dataclass(frozen=True)
class Rest:
    """What is left of a line; `document`: the file of the vault whose record was erased."""

    raw: bytes
    document: str | None = None


def rest_of(raw: bytes, tombstones: Tombstones, *, damaged_id: str, day: str) -> Rest | None:
    """What is left of the line, without its line break; None if it mentions nothing that was erased.

    A line about an erased site, milestone, task, document or quote loses its whole body; of a list of several, only the
    items about it go. From any other line, erased addresses go. `damaged_id` and `day` are for a line that is damaged.
    """
    if not _may_mention(raw, tombstones):
        return None
    try:
        line = parse_landing_line(raw)
    except ValueError:
        return _rest_of_damaged(raw, tombstones, damaged_id, day)
    if line.erased in WITHOUT_BODY:
        return None
    envelope = [*line.headers.values(), line.content_type or "", line.method or ""]
    if any(map(tombstones.mentions_id, envelope)):
        return Rest(without_body(line), _document(line))
    rest = _rest_of_body(line, tombstones)
    if rest is _DROPPED:
        return Rest(without_body(line), _document(line))
    return _with_rest(line, rest, tombstones)


def rest_of_expired(raw: bytes, landing_ids: Collection[str]) -> Rest | None:
    """What is left of the line if it is one of these deliveries and still has its body."""
    try:
        line = parse_landing_line(raw)
    except ValueError:
        return None
    is_due = line.landing_id in landing_ids and line.erased not in WITHOUT_BODY
    return Rest(without_body(line, erased="expired")) if is_due else None


def _may_mention(raw: bytes, tombstones: Tombstones) -> bool:
    """Whether it is worth parsing; what an escape or an encoding may hide counts."""
    if _HIDING.search(raw):
        return True
    text = raw.decode(errors="replace")
    return tombstones.mentions_id(text) or _without_addresses(text, tombstones) != text


def _without_addresses(text: str, tombstones: Tombstones) -> str:
    return erase_addresses(text, tombstones.is_erased_address) if tombstones.addresses else text


def mentions(content: bytes, tombstones: Tombstones) -> bool:
    """Whether bytes of any kind mention, in UTF-8 or UTF-16, what was erased."""
    texts = [content.decode("latin-1"), content.decode(errors="replace")]
    if b"\x00" in content:
        texts += [content[start:].decode("utf-16-le", errors="replace") for start in (0, 1)]
    return any(tombstones.mentions_id(text) or _without_addresses(text, tombstones) != text for text in texts)


def _rest_of_damaged(raw: bytes, tombstones: Tombstones, damaged_id: str, day: str) -> Rest | None:
    return rest_of_unreadable(damaged_id, day) if mentions(raw, tombstones) else None


def rest_of_unreadable(damaged_id: str, day: str) -> Rest:
    """What is left of a damaged line: that something was received that day."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    line = parse_landing_line(landing_line(b"null", landing_id=damaged_id, received_at=midnight))
    return Rest(without_body(line))


def _rest_of_body(line: LandingLine, tombstones: Tombstones) -> Any:
    """The body that is left; None if it stays as it is, `_DROPPED` if nothing is left."""
    try:
        body = line.body_as_received()
    except ValueError:  # altered since it was landed
        return _DROPPED if mentions(str(line.body).encode(errors="replace"), tombstones) else None
    try:
        text = decode_body(body, headers=line.headers, content_type=line.content_type)
    except RejectedError:
        return _DROPPED if mentions(body, tombstones) else None
    try:
        tree = parse_embedded(bytes(line.payload)) if line.body is None else parse_text(text)[0]
    except RejectedError:
        rest = _without_addresses(text, tombstones)
        return _DROPPED if tombstones.mentions_id(text) else (rest.encode() if rest != text else None)
    rest = erase_items(tree, tombstones)
    if rest is _DROPPED:
        return _DROPPED
    if tombstones.addresses:
        rest = erase_people(rest, tombstones.is_erased_address)
    return None if rest == tree else json_text(rest).encode()


def erase_items(tree: Any, tombstones: Tombstones) -> Any:
    """The tree without the items of lists that are about something erased; `_DROPPED` if it is so as a whole."""
    if isinstance(tree, str):
        return _DROPPED if tombstones.mentions_id(tree) else tree
    if isinstance(tree, list):
        rests = (erase_items(item, tombstones) for item in tree)
        return [rest for rest in rests if rest is not _DROPPED]
    if not isinstance(tree, dict):
        return tree
    rest = {key: erase_items(value, tombstones) for key, value in tree.items()}
    is_about = _DROPPED in rest.values() or any(map(tombstones.mentions_id, rest))
    return _DROPPED if is_about else rest


def is_about_erased(tree: Any, tombstones: Tombstones) -> bool:
    """Whether the tree as a whole is about something erased."""
    return erase_items(tree, tombstones) is _DROPPED


def _with_rest(line: LandingLine, body: bytes | None, tombstones: Tombstones) -> Rest | None:
    headers = {name: _without_addresses(value, tombstones) for name, value in line.headers.items()}
    content_type = line.content_type and _without_addresses(line.content_type, tombstones)
    method = line.method and _without_addresses(line.method, tombstones)
    if body is None and (headers, content_type, method) == (line.headers, line.content_type, line.method):
        return None
    if body is None:
        body = line.body_as_received()
    else:
        headers.pop("content-encoding", None)  # what is left is plain text
    new = msgspec.structs.replace(line, headers=headers, content_type=content_type, method=method)
    return Rest(with_rest(new, body))


def _document(line: LandingLine) -> str | None:
    """The file of the vault that the line's record of a download names."""
    try:
        if line.source != "api" or read_api_request(line).purpose != "download":
            return None
        record: Any = msgspec.json.decode(line.body_as_received())
        sha256 = record.get("sha256") if isinstance(record, dict) else None
    except (RejectedError, ValueError, msgspec.MsgspecError):
        return None
    return sha256 if isinstance(sha256, str) and re.fullmatch(r"[0-9a-f]{64}", sha256) else None

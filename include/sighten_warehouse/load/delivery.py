"""Reading one landed line: its row of `deliveries`, and the rows of other tables if it is loaded."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest, read_api_request
from sighten_warehouse.landing.decision import is_decision, read_decision
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from sighten_warehouse.payload.answers.readers import ANSWER_READERS
from sighten_warehouse.payload.conform import Row, Staged, conform_milestone, conform_task
from sighten_warehouse.payload.decode import decode_body
from sighten_warehouse.payload.drift import Findings
from sighten_warehouse.payload.kinds import kind_of
from sighten_warehouse.payload.repair import parse_embedded, parse_text

log = structlog.get_logger()

CONFORM = {"milestone": conform_milestone, "task": conform_task}

# Reasons for what was taken from landing: by what the line says of it.
WITHOUT_BODY, ERASED_IN_PART = {"whole": "erased", "expired": "expired"}, "erased in part"
DAMAGED = ("damaged_line", "altered_body")  # reasons for which the landing file, not the sender, is to blame


@dataclass(frozen=True)
class Delivery:
    """The result of one landed line: its row of `deliveries`, and its rows of the other tables of `staging`."""

    row: Row
    staged: Staged = field(default_factory=dict)


def id_of_place(landing_file: str, line_number: int) -> str:
    """The landing id of a line without one of its own; the SQL macro `id_of_place` gives the same."""
    return str(UUID(hashlib.md5(f"{landing_file} line {line_number}".encode(), usedforsecurity=False).hexdigest()))


def as_copy(delivery: Delivery) -> Delivery:
    """The delivery of a line that repeats a landing_id of its batch: counted, without rows in other tables."""
    row = delivery.row
    own = id_of_place(row["landing_file"], row["line_number"])
    return Delivery(row | {"landing_id": own, "copy_of_landing_id": row["landing_id"]})


def read_delivery(raw: bytes, *, landing_file: str, line_number: int, batch_id: str) -> Delivery:
    """Read one landed line; its outcome (`loaded`, `ignored` or `quarantined`) depends on the line alone."""
    where = {"landing_file": landing_file, "line_number": line_number, "batch_id": batch_id}
    read = read_line(raw, where)
    return read if isinstance(read, Delivery) else read_body(*read)


def read_line(raw: bytes, where: Row) -> tuple[LandingLine, Row] | Delivery:
    """The landing line with the facts of its delivery so far; its delivery, if it is damaged or was altered."""
    try:
        line = parse_landing_line(raw)
    except ValueError as error:
        return unreadable_line(where, str(error))
    facts = where | _facts(line)
    return (line, facts) if line.is_intact() else _altered(facts)


def read_body(line: LandingLine, facts: Row) -> Delivery:
    """The delivery of a line that is as it was landed."""
    try:
        return _read_body(line, facts)
    except RejectedError as error:
        return _quarantined(facts, error)
    except Exception as error:  # one delivery must never stop the others
        log.exception("delivery_failed", landing_id=line.landing_id, error=type(error).__name__)
        return _quarantined(
            facts, RejectedError("loader_failed", place=type(error).__name__, expected="a body the loader reads")
        )


def _facts(line: LandingLine) -> Row:
    return {
        "landing_id": line.landing_id,
        "received_at": datetime.fromisoformat(line.received_at).astimezone(UTC).replace(tzinfo=None),
        "source": line.source,
        "body_sha256": line.body_sha256,
        "body_bytes": line.body_bytes,
    }


def _read_body(line: LandingLine, facts: Row) -> Delivery:
    if line.erased in WITHOUT_BODY:
        return Delivery(facts | {"outcome": "ignored", "reason": WITHOUT_BODY[line.erased], "repair": "none"})
    delivery = _read_what_is_left(line, facts)
    if line.erased == "part":
        delivery.row["reason"] = delivery.row.get("reason") or ERASED_IN_PART
    return delivery


def _read_what_is_left(line: LandingLine, facts: Row) -> Delivery:
    if is_decision(line):
        return _read_decision_line(line, facts)
    if line.source == "api":
        return _read_api_answer(line, facts)
    payload, facts["repair"] = _parse(line)
    if not isinstance(payload, dict):
        raise RejectedError("not_an_object", place="the root", expected="an object, as every webhook of Sighten's is")
    kind = facts["kind"] = kind_of(payload)
    if kind not in CONFORM:
        return Delivery(facts | {"outcome": "ignored", "reason": "no tables for this kind yet"})
    snapshot, findings = CONFORM[kind](payload)
    facts |= _snapshot_facts(snapshot) | {"outcome": "loaded"}
    snapshot |= {"landing_id": facts["landing_id"], "received_at": facts["received_at"]}
    return Delivery(facts, {"snapshots": [snapshot], "drift": drift_rows(facts, findings)})


def _read_api_answer(line: LandingLine, facts: Row) -> Delivery:
    request = read_api_request(line)
    facts |= {"kind": request.purpose, "subject": request.subject, "milestone_id": request.milestone_id}
    reader = ANSWER_READERS.get(request.purpose)
    if reader is None:
        return Delivery(facts | {"outcome": "ignored", "reason": "no tables for this kind yet"})
    content, facts["repair"] = _content(line, request)
    staged, findings = reader(content, request)
    for snapshot in staged.get("snapshots", []):
        # The order of snapshots decides what becomes of it, not which answer came last.
        facts |= _snapshot_facts(snapshot) | {"subject": None}
    keys = {"landing_id": facts["landing_id"], "received_at": facts["received_at"]}
    rows = {name: [row | keys for row in listed] for name, listed in staged.items()}
    return Delivery(facts | {"outcome": "loaded"}, rows | {"drift": drift_rows(facts, findings)})


def _snapshot_facts(snapshot: Row) -> Row:
    return {name: snapshot.get(name) for name in ("milestone_id", "task_id", "watermark_at", "content_hash")}


def _content(line: LandingLine, request: ApiRequest) -> tuple[Any, str]:
    """The answer, parsed; None for an error that is not JSON: its status is enough."""
    try:
        return _parse(line)
    except RejectedError:
        if request.status < HTTPStatus.BAD_REQUEST:
            raise
        return None, "none"


def _read_decision_line(line: LandingLine, facts: Row) -> Delivery:
    decision = read_decision(line)
    row = {
        "landing_id": facts["landing_id"],
        "quarantined_landing_id": str(decision.landing_id),
        "decision": decision.quarantine_decision,
        "retried_as_landing_id": str(decision.retried_as) if decision.retried_as else None,
        "reason": decision.reason,
        "received_at": facts["received_at"],
    }
    return Delivery(facts | {"kind": "decision", "repair": "none", "outcome": "loaded"}, {"decisions": [row]})


def _parse(line: LandingLine) -> tuple[Any, str]:
    if line.body is None:
        return parse_embedded(bytes(line.payload)), "none"
    text = decode_body(line.body_as_received(), headers=line.headers, content_type=line.content_type)
    if not text.strip("\ufeff \t\r\n"):
        raise RejectedError("empty", place="the whole body", expected="a JSON object")
    return parse_text(text)


def drift_rows(facts: Row, findings: Findings) -> list[Row]:
    """The findings as rows of `drift`; `facts` are those of the delivery."""
    keys = {name: facts[name] for name in ("landing_id", "received_at", "kind", "milestone_id")}
    return [
        keys
        | {
            "path": drift.path,
            "drift": drift.drift,
            "expected": drift.expected,
            "example": drift.example,
            "occurrences": drift.occurrences,
            "code_field": drift.code_field,
        }
        for drift in findings.drift.values()
    ]


def _quarantined(facts: Row, error: RejectedError) -> Delivery:
    outcome = {"outcome": "quarantined", "reason": error.reason, "place": error.place, "expected": error.expected}
    return Delivery(facts | outcome)


def unreadable_line(where: Row, problem: str) -> Delivery:
    """A damaged line still has exactly one outcome, under an id made from its place.

    So has what a damaged compressed file still holds after its last readable line.
    """
    place = f"{where['landing_file']} line {where['line_number']}"
    day = str(where["landing_file"]).partition("received_date=")[2][:10]
    facts = where | {
        "landing_id": id_of_place(where["landing_file"], where["line_number"]),
        "received_at": _midnight(day),
        "repair": None,
    }
    return _quarantined(
        facts, RejectedError("damaged_line", place=place, expected=f"a whole landing line ({problem[:200]})")
    )


def _altered(facts: Row) -> Delivery:
    place = f"{facts['landing_file']} line {facts['line_number']}"
    expected = f"the body as received: {facts['body_bytes']} bytes with SHA-256 {facts['body_sha256']}"
    return _quarantined(facts, RejectedError("altered_body", place=place, expected=expected))


def _midnight(day: str) -> datetime | None:
    try:
        return datetime.fromisoformat(day)
    except ValueError:
        return None

"""Decide on quarantined deliveries: read them again, put a mended body in the place of one, or discard them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import structlog

from sighten_warehouse.errors import NotQuarantinedError
from sighten_warehouse.landing.decision import Decision, decision_line
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import ARRIVALS
from sighten_warehouse.landing.line import LandingLine, landing_line
from sighten_warehouse.load.delivery import read_delivery
from sighten_warehouse.load.step import load
from sighten_warehouse.locks import one_writer
from sighten_warehouse.ops.quarantine import Quarantined, find, landed
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

MAX_FILE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Retried:
    """What today's code makes of a quarantined delivery: landed anew as `retried_as`, or quarantined still."""

    landing_id: str
    outcome: str
    kind: str | None = None
    reason: str | None = None
    place: str | None = None
    expected: str | None = None
    retried_as: str | None = None


def retry(settings: Settings, landing_ids: Sequence[str]) -> list[Retried]:
    """Read those deliveries again with today's code; what can be read now is landed anew, and loaded.

    Raises:
        NotQuarantinedError: one of them is not in quarantine, or was retried before.
    """
    layout = settings.layout
    with one_writer(layout, "quarantine"):
        chosen = find(layout, landing_ids)
        _refuse_decided(chosen, "retry")
        return _settle(settings, ((one, _again(one, found.line)) for one, found in landed(layout, chosen)))


def retry_as(settings: Settings, landing_id: str, mended: bytes) -> Retried:
    """Read a mended body in place of that delivery's; if it can be read it is landed, and loaded.

    What an earlier retry landed in its place no longer counts then.

    Raises:
        NotQuarantinedError: it is not in quarantine.
    """
    with one_writer(settings.layout, "quarantine"):
        [one] = find(settings.layout, [landing_id])
        copy = landing_line(mended, landing_id=ARRIVALS.next().landing_id, received_at=_received(one), source="import")
        [result] = _settle(settings, [(one, copy)])
    return result


def discard(settings: Settings, landing_ids: Sequence[str], *, reason: str) -> None:
    """Record that nothing shall come of those deliveries; they stay in landing, and in quarantine as decided on.

    What an earlier retry landed in place of one no longer counts then.

    Raises:
        NotQuarantinedError: one of them is not in quarantine, or was discarded before.
    """
    layout = settings.layout
    with one_writer(layout, "quarantine"):
        chosen = find(layout, landing_ids)
        _refuse_decided(chosen, "discard")
        lines = [_decide(one, "discard", reason=reason) for one in chosen]
        _land(settings, lines)
        load(settings)


def _refuse_decided(chosen: Sequence[Quarantined], decision: str) -> None:
    if already := [one.landing_id for one in chosen if one.decision == decision]:
        raise NotQuarantinedError(f"{', '.join(already)}: decided before, {decision}; expected ids that are open")


def _again(one: Quarantined, line: LandingLine | None) -> bytes | None:
    """The delivery as a line of its own; it keeps the time of receiving, and so its place in the order."""
    if line is None:
        return None
    return landing_line(
        line.body_as_received(),
        landing_id=ARRIVALS.next().landing_id,
        received_at=_received(one),
        source="import",
        method=line.method,
        content_type=line.content_type,
        headers=line.headers,
    )


def _received(one: Quarantined) -> datetime:
    return one.received_at.replace(tzinfo=UTC) if one.received_at else datetime.now(UTC)


def _settle(settings: Settings, copies: Iterable[tuple[Quarantined, bytes | None]]) -> list[Retried]:
    """Land the copies that can be read, each with its decision in the same file, and load them."""
    results, lines, size = [], [], 0
    for one, copy in copies:
        result = _read(one, copy)
        results.append(result)
        if copy is None or result.retried_as is None:
            continue
        lines += [_decide(one, "retry", retried_as=UUID(result.retried_as)), copy]
        size += len(copy)
        if size >= MAX_FILE_BYTES:
            _land(settings, lines)
            lines, size = [], 0
    if lines:
        _land(settings, lines)
    load(settings)
    return results


def _land(settings: Settings, lines: Sequence[bytes]) -> None:
    write_landing_file(settings.layout.landing, lines, received_at=datetime.now(UTC))


def _read(one: Quarantined, copy: bytes | None) -> Retried:
    told: dict[str, Any]
    if copy is None:
        told = {"reason": one.reason, "place": one.place, "expected": one.expected}
        return Retried(landing_id=one.landing_id, outcome="quarantined", **told)
    row = read_delivery(copy.rstrip(b"\n"), landing_file="", line_number=1, batch_id="").row
    told = {name: row.get(name) for name in ("outcome", "kind", "reason", "place", "expected")}
    retried_as = row["landing_id"] if row["outcome"] != "quarantined" else None
    return Retried(landing_id=one.landing_id, retried_as=retried_as, **told)


def _decide(
    one: Quarantined,
    decision: Literal["retry", "discard"],
    *,
    retried_as: UUID | None = None,
    reason: str | None = None,
) -> bytes:
    decided = Decision(
        quarantine_decision=decision, landing_id=UUID(one.landing_id), retried_as=retried_as, reason=reason
    )
    arrival = ARRIVALS.next()
    log.info("decided", decision=decision, landing_id=one.landing_id, retried_as=retried_as and str(retried_as))
    return decision_line(decided, landing_id=arrival.landing_id, received_at=arrival.received_at)

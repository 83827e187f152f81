"""Decide on quarantined deliveries: retry them, replace the body of one, or discard them."""

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
    """The result of a retry: landed again as `retried_as`, or still quarantined."""

    landing_id: str
    outcome: str
    kind: str | None = None
    reason: str | None = None
    place: str | None = None
    expected: str | None = None
    retried_as: str | None = None


def retry(settings: Settings, landing_ids: Sequence[str]) -> list[Retried]:
    """Read the deliveries again with the current code; land and load those that can be read now.

    Raises:
        NotQuarantinedError: a delivery is not in quarantine, or was retried before.
    """
    layout = settings.layout
    with one_writer(layout, "quarantine"):
        chosen = find(layout, landing_ids)
        _refuse_decided(chosen, "retry")
        copies = ((delivery, _copy(delivery, found.line)) for delivery, found in landed(layout, chosen))
        return _land_copies(settings, copies)


def retry_as(settings: Settings, landing_id: str, mended: bytes) -> Retried:
    """Read the mended body in place of the delivery's; land and load it if it can be read.

    It replaces the result of an earlier retry.

    Raises:
        NotQuarantinedError: it is not in quarantine.
    """
    with one_writer(settings.layout, "quarantine"):
        [delivery] = find(settings.layout, [landing_id])
        copy = landing_line(
            mended, landing_id=ARRIVALS.next().landing_id, received_at=_received_at(delivery), source="import"
        )
        [result] = _land_copies(settings, [(delivery, copy)])
    return result


def discard(settings: Settings, landing_ids: Sequence[str], *, reason: str) -> None:
    """Discard the deliveries; they stay in landing, and in quarantine as decided on.

    The result of an earlier retry no longer counts.

    Raises:
        NotQuarantinedError: a delivery is not in quarantine, or was discarded before.
    """
    layout = settings.layout
    with one_writer(layout, "quarantine"):
        chosen = find(layout, landing_ids)
        _refuse_decided(chosen, "discard")
        lines = [_decision_line(delivery, "discard", reason=reason) for delivery in chosen]
        _land(settings, lines)
        load(settings)


def _refuse_decided(chosen: Sequence[Quarantined], decision: str) -> None:
    if already := [delivery.landing_id for delivery in chosen if delivery.decision == decision]:
        raise NotQuarantinedError(f"{', '.join(already)}: decided before, {decision}; expected ids that are open")


def _copy(delivery: Quarantined, line: LandingLine | None) -> bytes | None:
    """The delivery as a new line with the same time of receiving, so it keeps its place in the order."""
    if line is None:
        return None
    return landing_line(
        line.body_as_received(),
        landing_id=ARRIVALS.next().landing_id,
        received_at=_received_at(delivery),
        source="import",
        method=line.method,
        content_type=line.content_type,
        headers=line.headers,
    )


def _received_at(delivery: Quarantined) -> datetime:
    return delivery.received_at.replace(tzinfo=UTC) if delivery.received_at else datetime.now(UTC)


def _land_copies(settings: Settings, copies: Iterable[tuple[Quarantined, bytes | None]]) -> list[Retried]:
    """Land the readable copies, each with its decision in the same file, and load them."""
    results, lines, size = [], [], 0
    for delivery, copy in copies:
        result = _read(delivery, copy)
        results.append(result)
        if copy is None or result.retried_as is None:
            continue
        lines += [_decision_line(delivery, "retry", retried_as=UUID(result.retried_as)), copy]
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


def _read(delivery: Quarantined, copy: bytes | None) -> Retried:
    facts: dict[str, Any]
    if copy is None:
        facts = {"reason": delivery.reason, "place": delivery.place, "expected": delivery.expected}
        return Retried(landing_id=delivery.landing_id, outcome="quarantined", **facts)
    row = read_delivery(copy.rstrip(b"\n"), landing_file="", line_number=1, batch_id="").row
    facts = {name: row.get(name) for name in ("outcome", "kind", "reason", "place", "expected")}
    retried_as = row["landing_id"] if row["outcome"] != "quarantined" else None
    return Retried(landing_id=delivery.landing_id, retried_as=retried_as, **facts)


def _decision_line(
    delivery: Quarantined,
    decision: Literal["retry", "discard"],
    *,
    retried_as: UUID | None = None,
    reason: str | None = None,
) -> bytes:
    made = Decision(
        quarantine_decision=decision, landing_id=UUID(delivery.landing_id), retried_as=retried_as, reason=reason
    )
    arrival = ARRIVALS.next()
    log.info("decided", decision=decision, landing_id=delivery.landing_id, retried_as=retried_as and str(retried_as))
    return decision_line(made, landing_id=arrival.landing_id, received_at=arrival.received_at)

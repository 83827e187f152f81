"""Turning a past body into a delivery: its time of receiving, whether it is landed already, and its line."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from sighten_warehouse.backfill.files.bodies import ONE, Framing
from sighten_warehouse.backfill.files.identity import imported_id, key
from sighten_warehouse.backfill.files.landed_keys import LandedKeys
from sighten_warehouse.backfill.files.members import Member
from sighten_warehouse.backfill.files.times import Times
from sighten_warehouse.landing.line import LandingLine, landing_line, parse_landing_line

TimeFrom = Literal["field", "name", "file", "run", "landing line"]

_MICROSECOND = timedelta(microseconds=1)
_LANDING_LINE = b'{"landing_id":'


@dataclass(frozen=True)
class ImportedDelivery:
    """The delivery of one body; `line` is None if it is landed already."""

    landing_id: str
    received_on: date
    time_from: TimeFrom
    line: bytes | None
    lacks_requested_time: bool = False


class Deliveries:
    """Turns the bodies of one text after the other into deliveries, in order."""

    def __init__(self, times: Times, known: LandedKeys) -> None:
        self._times = times
        self._known = known
        self._position = 0

    def begin(self, member: Member, framing: Framing) -> None:
        """Start a member: the bodies that follow are its own."""
        self._name_time = self._times.of_name(member.origin)
        file_time = self._times.of_file(member.modified)
        self._other_time = self._name_time or file_time or self._times.now
        self._time_from: TimeFrom = "name" if self._name_time else "file" if file_time else "run"
        self._position = 0
        self._repeats = framing != ONE
        if self._repeats:
            self._known.begin_file()

    def take(self, body: bytes) -> ImportedDelivery:
        """Turn the next body into a delivery, and remember it as landed."""
        if body.startswith(_LANDING_LINE) and (copied := _as_landing_line(body)):
            return self._copied(copied, body)
        field_time = self._times.of_body(body)
        own_time = field_time or self._name_time
        received_at = field_time or self._other_time + self._position * _MICROSECOND
        self._position += 1
        digest = hashlib.sha256(body).digest()
        before = self._known.times_before(digest) if self._repeats else 0
        landing_id = imported_id(digest, received_at=received_at, own_time=own_time, before=before)
        line: bytes | None = None
        if self._known.add(key(landing_id, source="import")):
            line = landing_line(body, landing_id=landing_id, received_at=received_at, source="import")
        time_from = "field" if field_time else self._time_from
        return ImportedDelivery(landing_id, received_at.date(), time_from, line, time_from != self._times.requested)

    def _copied(self, line: LandingLine, raw: bytes) -> ImportedDelivery:
        received_on = datetime.fromisoformat(line.received_at).astimezone(UTC).date()
        new = self._known.add(key(line.landing_id, source=line.source))
        return ImportedDelivery(line.landing_id, received_on, "landing line", raw + b"\n" if new else None)


def _as_landing_line(raw: bytes) -> LandingLine | None:
    try:
        return parse_landing_line(raw)
    except ValueError:
        return None

"""The deliveries that could not be read: their rows in history, and their lines in landing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from sighten_warehouse.errors import LakeError, NotQuarantinedError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.landing.files import read_raw_lines
from sighten_warehouse.landing.integrity import is_intact
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import exists, present


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """A delivery that could not be read; `decision` is None while it is open."""

    landing_id: str
    received_at: datetime | None
    reason: str
    place: str
    expected: str
    body_bytes: int | None
    landing_file: str
    line_number: int
    decision: str | None = None
    retried_as: str | None = None


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A quarantined delivery in landing; `line` is None if the line itself is damaged or altered."""

    raw: bytes
    line: LandingLine | None

    @property
    def body(self) -> bytes:
        """The body as received, or the whole line if that is damaged."""
        return self.raw if self.line is None else self.line.body_as_received()


def quarantined(layout: Layout) -> list[Quarantined]:
    """Every quarantined delivery, open or decided on, in the order of receiving."""
    refresh(layout, landing=False)
    layout = resolve_lake(layout)
    facts = ("landing_id", "received_at", "reason", "place", "expected", "body_bytes", "landing_file", "line_number")
    decisions = _decisions_in_force(layout)
    found = []
    for row in _rows(layout, "deliveries", where=[("outcome", "=", "quarantined")]):
        if row.get("copy_of_landing_id"):
            continue
        decided = decisions.get(row["landing_id"], {})
        last: dict[str, Any] = {"decision": decided.get("decision"), "retried_as": decided.get("retried_as_landing_id")}
        found.append(Quarantined(**{name: row[name] for name in facts}, **last))
    # If a landing file was copied, its first place counts, as in `ops.copies`.
    found.sort(key=lambda delivery: (delivery.landing_file, delivery.line_number), reverse=True)
    firsts = {delivery.landing_id: delivery for delivery in found}
    return sorted(firsts.values(), key=lambda delivery: (str(delivery.received_at or ""), delivery.landing_id))


def _decisions_in_force(layout: Layout) -> dict[str, dict[str, Any]]:
    rows = sorted(_rows(layout, "decisions"), key=lambda row: (row["received_at"], row["landing_id"]))
    return {row["quarantined_landing_id"]: row for row in rows}


def _rows(layout: Layout, table: str, *, where: list[Any] | None = None) -> Iterator[dict[str, Any]]:
    for manifest in commits(layout):
        # Most batches have no such rows, and need not be opened.
        if manifest.outcomes.get("quarantined") if table == "deliveries" else manifest.history_files.get(table):
            path = present(history_file(layout, table, manifest.batch_id))
            yield from pq.read_table(path, filters=where, partitioning=None).to_pylist()


def find(layout: Layout, landing_ids: Sequence[str]) -> list[Quarantined]:
    """The quarantined deliveries with those ids, in that order.

    Raises:
        NotQuarantinedError: a delivery is not in quarantine.
    """
    known = {delivery.landing_id: delivery for delivery in quarantined(layout)}
    unknown = [landing_id for landing_id in landing_ids if landing_id not in known]
    if unknown:
        raise NotQuarantinedError(
            f"{', '.join(unknown)}: not in quarantine; expected ids that `sighten-warehouse quarantine list` shows"
        )
    return [known[landing_id] for landing_id in dict.fromkeys(landing_ids)]


def landed(layout: Layout, chosen: Sequence[Quarantined]) -> Iterator[tuple[Quarantined, Landed]]:
    """The lines of the deliveries in landing; reads each landing file once.

    Raises:
        LakeError: a delivery is not where it was when it was loaded.
    """
    by_file: dict[str, dict[int, Quarantined]] = {}
    for delivery in chosen:
        by_file.setdefault(delivery.landing_file, {})[delivery.line_number] = delivery
    for name, missing in by_file.items():
        path = layout.landing / name
        for number, raw in enumerate(read_raw_lines(path) if exists(path) else (), 1):
            if number in missing:
                yield missing.pop(number), _parse(raw)
        if missing:
            lines = ", ".join(f"{delivery.landing_id} in line {number}" for number, delivery in missing.items())
            raise LakeError(f"{path}: lacks deliveries that were loaded from it; expected {lines}")


def _parse(raw: bytes) -> Landed:
    return Landed(raw=raw, line=parse_landing_line(raw) if is_intact(raw) else None)

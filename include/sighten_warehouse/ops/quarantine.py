"""Quarantine: the deliveries that could not be read, as history has them and as they lie in landing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from sighten_warehouse.errors import LakeError, NotQuarantinedError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import read_raw_lines
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from sighten_warehouse.layout import Layout


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
    """A quarantined delivery as it lies in landing; `line` is None where not even that can be read."""

    raw: bytes
    line: LandingLine | None

    @property
    def body(self) -> bytes:
        """The body as it came; of a damaged line, the line."""
        return self.raw if self.line is None else self.line.body_as_received()


def quarantined(layout: Layout) -> list[Quarantined]:
    """Every delivery that was loaded into quarantine, decided on or not, in the order of receiving."""
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
    # Of landing files that were copied the first place counts, as in `ops.copies`.
    found.sort(key=lambda one: (one.landing_file, one.line_number), reverse=True)
    firsts = {one.landing_id: one for one in found}
    return sorted(firsts.values(), key=lambda one: (str(one.received_at or ""), one.landing_id))


def _decisions_in_force(layout: Layout) -> dict[str, dict[str, Any]]:
    rows = sorted(_rows(layout, "decisions"), key=lambda row: (row["received_at"], row["landing_id"]))
    return {row["quarantined_landing_id"]: row for row in rows}


def _rows(layout: Layout, table: str, *, where: list[Any] | None = None) -> Iterator[dict[str, Any]]:
    for manifest in commits(layout):
        # Most batches hold nothing of the sort, and then there is nothing to open.
        if manifest.outcomes.get("quarantined") if table == "deliveries" else manifest.history_files.get(table):
            path = history_file(layout, table, manifest.batch_id)
            yield from pq.read_table(path, filters=where, partitioning=None).to_pylist()


def find(layout: Layout, landing_ids: Sequence[str]) -> list[Quarantined]:
    """Those quarantined deliveries, in the order asked for.

    Raises:
        NotQuarantinedError: one of them is not in quarantine.
    """
    known = {one.landing_id: one for one in quarantined(layout)}
    unknown = [landing_id for landing_id in landing_ids if landing_id not in known]
    if unknown:
        raise NotQuarantinedError(
            f"{', '.join(unknown)}: not in quarantine; expected ids that `sighten-warehouse quarantine list` shows"
        )
    return [known[landing_id] for landing_id in dict.fromkeys(landing_ids)]


def landed(layout: Layout, chosen: Sequence[Quarantined]) -> Iterator[tuple[Quarantined, Landed]]:
    """Those deliveries as they lie in landing, each landing file read once.

    Raises:
        LakeError: landing no longer holds one of them where it was when it was loaded.
    """
    by_file: dict[str, dict[int, Quarantined]] = {}
    for one in chosen:
        by_file.setdefault(one.landing_file, {})[one.line_number] = one
    for name, wanted in by_file.items():
        path = layout.landing / name
        for number, raw in enumerate(read_raw_lines(path) if path.exists() else (), 1):
            if number in wanted:
                yield wanted.pop(number), _parse(raw)
        if wanted:
            lines = ", ".join(f"{one.landing_id} in line {number}" for number, one in wanted.items())
            raise LakeError(f"{path}: it lacks deliveries that were loaded from it; expected {lines}")


def _parse(raw: bytes) -> Landed:
    try:
        return Landed(raw=raw, line=parse_landing_line(raw))
    except ValueError:
        return Landed(raw=raw, line=None)

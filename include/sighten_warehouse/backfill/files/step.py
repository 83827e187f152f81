"""Importing files: every body becomes one delivery in landing; a repeat or an interrupted run lands none twice."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from sighten_warehouse.backfill.files.bodies import read_text
from sighten_warehouse.backfill.files.chunks import Chunks
from sighten_warehouse.backfill.files.deliveries import Deliveries, ImportedDelivery
from sighten_warehouse.backfill.files.input_files import Input, Inputs
from sighten_warehouse.backfill.files.landed_keys import LandedKeys
from sighten_warehouse.backfill.files.members import Member, Unreadable, members
from sighten_warehouse.backfill.files.reading import broken
from sighten_warehouse.backfill.files.tally import MAX_LISTED, KindCounts, Tally
from sighten_warehouse.backfill.files.times import Times
from sighten_warehouse.errors import RejectedError
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

_REPORT_EVERY = 200


@dataclass(frozen=True)
class ImportProgress:
    """Progress: bytes read, bytes of all files, and bodies found."""

    read: int
    size: int
    bodies: int


OnProgress = Callable[[ImportProgress], None]


def import_files(  # noqa: PLR0913  (input, options and callbacks)
    settings: Settings,
    paths: Iterable[str],
    *,
    times: Times,
    dry_run: bool = False,
    on_progress: OnProgress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Land every body of the files that is not landed yet; loads nothing.

    What cannot be read is reported, and the rest continues. A dry run reads everything and writes nothing. When `stop`
    returns true, reading ends and what was read is landed.

    Raises:
        FileNotFoundError: a path matches nothing.
        StorageError: the disk refused to store what was read.
    """
    with ExitStack() as stack:
        inputs = stack.enter_context(Inputs(partial(_time_of, times)))
        for path in paths:
            if not inputs.add(path):
                raise FileNotFoundError(f"{path}: no such file or folder, and no pattern that matches one")
        if not dry_run:
            stack.enter_context(one_writer(settings.layout, "import"))
        known = stack.enter_context(LandedKeys(settings.layout))
        chunks = None if dry_run else stack.enter_context(Chunks(settings.layout))
        run = _Run(Deliveries(times, known), chunks, settings.max_body_bytes, on_progress, stop)
        run.take_all(inputs)
    tally = run.tally
    if not dry_run:
        log.info("imported", files=tally.files, bodies=tally.bodies, new=tally.new, unreadable=tally.unreadable_count)
    return tally


def _time_of(times: Times, file: Input) -> datetime:
    return times.of_name(str(file.path)) or times.of_file(file.modified) or times.now


@dataclass
class _Run:
    deliveries: Deliveries
    chunks: Chunks | None
    max_bytes: int
    on_progress: OnProgress
    stop: Callable[[], bool]
    tally: Tally = field(default_factory=Tally)
    _read_before: int = 0
    _since_reported: int = 0

    def take_all(self, inputs: Inputs) -> None:
        self.tally.files, self.tally.size = inputs.total()
        for origin, error in inputs.unreadable:
            self.tally.add_unreadable(origin, broken(error))
        for source in inputs:
            if self._stopped():
                break
            self._take_file(source)
            self._read_before += source.size
        if self.chunks:
            self.chunks.land_all()
            self.tally.landing_files = self.chunks.landed
        self.on_progress(ImportProgress(self._read_before, self.tally.size, self.tally.bodies))

    def _stopped(self) -> bool:
        self.tally.stopped = self.tally.stopped or self.stop()
        return self.tally.stopped

    def _take_file(self, source: Input) -> None:
        listed = str(source.path) if self.tally.files <= MAX_LISTED else ""
        try:
            file = source.path.open("rb")
        except OSError as error:
            self.tally.add_unreadable(str(source.path), broken(error))
            return
        with file:
            for member in members(source.path, file, modified=source.modified):
                if isinstance(member, Unreadable):
                    self.tally.add_unreadable(member.origin, member.error)
                else:
                    self._take_member(member, listed, lambda: min(file.tell(), source.size))
                if self._stopped():
                    return

    def _take_member(self, member: Member, listed: str, position: Callable[[], int]) -> None:
        try:
            text = read_text(member.reader, max_bytes=self.max_bytes)
            self.deliveries.begin(member, text.framing)
            kind: KindCounts | None = None
            for body in text.bodies:
                if isinstance(body, RejectedError):
                    self.tally.add_unreadable(member.origin, body)
                    continue
                delivery = self.deliveries.take(body)
                kind = kind or self._begin_kind(listed, member, framing=_framing(text.framing, delivery))
                if delivery.lacks_requested_time:
                    self.tally.add_without_requested_time(member.origin)
                self._take(delivery, kind, len(body))
                self._report_progress(position)
                if self._stopped():
                    return
        except RejectedError as error:
            self.tally.add_unreadable(member.origin, error)

    def _begin_kind(self, listed: str, member: Member, *, framing: str) -> KindCounts:
        kind = self.tally.kinds[listed, " in ".join((framing, *reversed(member.within)))]
        kind.files += 1
        return kind

    def _take(self, delivery: ImportedDelivery, kind: KindCounts, size: int) -> None:
        kind.bodies += 1
        kind.size += size
        self.tally.times[delivery.time_from] += 1
        if delivery.line is None:
            return
        kind.new += 1
        self.tally.days[delivery.received_on] += 1
        if self.chunks:
            self.chunks.add(delivery.line, landing_id=delivery.landing_id, received_on=delivery.received_on)

    def _report_progress(self, position: Callable[[], int]) -> None:
        self._since_reported += 1
        if self._since_reported >= _REPORT_EVERY:
            self._since_reported = 0
            self.on_progress(ImportProgress(self._read_before + position(), self.tally.size, self.tally.bodies))


def _framing(framing: str, first: ImportedDelivery) -> str:
    return "landing lines" if first.time_from == "landing line" else framing

"""Keeps the actors running: starts each again when it ends, strikes it, and judges how it ended."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from prove.actors import SUBJECT, Actor
from prove.command import Run, start
from prove.endings import judge
from prove.fates import UNHARMED, Fate, Fates, read_new_lines
from prove.faults import SIGNALS
from prove.figures import Figures
from prove.restored import BACKUPS, check_restored
from prove.subjects import Subjects

STOPPED_WITHIN_S = 60.0
STARTS_WITHIN_S = 5.0  # what changes no file is struck then


@dataclass
class Slot:
    """One copy of an actor."""

    actor: Actor
    number: int
    port: int
    process: ForkServerProcess | None = None
    fate: Fate = UNHARMED
    run: str = ""
    started: float = 0.0
    began: float | None = None
    due: float = 0.0
    is_struck: bool = False
    is_signalled: bool = False


@dataclass
class Stage:
    """The slots of all actors in one home."""

    slots: Sequence[Slot]
    env: Mapping[str, str]
    folder: Path
    fates: Fates
    figures: Figures
    subjects: Subjects
    journal_read: int = 0
    by_run: dict[str, Slot] = field(default_factory=dict)

    @property
    def journal(self) -> Path:
        """Where the actors write the points that they reach."""
        return self.folder / "journal"

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that run now."""
        running = (slot.process for slot in self.slots if slot.process and slot.process.is_alive())
        return [process.pid for process in running if process.pid]

    def step(self) -> None:
        """Look after each slot once."""
        self._read_journal()
        for slot in self.slots:
            if slot.process is None:
                if time.monotonic() >= slot.due:
                    self._start(slot)
            elif slot.process.is_alive():
                self._signal_if_due(slot)
            else:
                self._read_journal()
                self._judge(slot, slot.process)

    def stop(self) -> None:
        """End all actors as a service manager does, by SIGTERM; one that does not end breaks a promise."""
        for slot in self.slots:
            if slot.process is not None:
                slot.process.terminate()
                slot.is_signalled = True
        for slot in self.slots:
            if slot.process is None:
                continue
            slot.process.join(STOPPED_WITHIN_S)
            if slot.process.is_alive():
                slot.process.kill()
                slot.process.join()
                self.figures.breaks("stops", f"{slot.run} ran on for {STOPPED_WITHIN_S:g} s", self._output(slot))
            self._read_journal()
            self._judge(slot, slot.process)

    def _start(self, slot: Slot) -> None:
        self.figures.starts += 1
        slot.fate = self.fates.draw(slot.actor)
        slot.run = f"{slot.actor.name}-{slot.number}-{self.figures.starts}"
        slot.is_struck = slot.is_signalled = False
        slot.started, slot.began = time.monotonic(), None
        self.by_run[slot.run] = slot
        subject = self.subjects.next() if SUBJECT in slot.actor.command else ""
        words = {"port": slot.port, "subject": subject, "backups": self.folder / BACKUPS}
        arguments = [argument.format_map(words) for argument in slot.actor.command]
        home = {"SIGHTEN_HOME": str(self.folder / slot.actor.home)} if slot.actor.home else {}
        run = Run(slot.run, arguments, {**self.env, **home}, self._output(slot))
        slot.process = start(run, fault=slot.fate.fault, journal=self.journal)

    def _output(self, slot: Slot) -> Path:
        return self.folder / f"{slot.run}.log"

    def _signal_if_due(self, slot: Slot) -> None:
        after = slot.fate.signal_after_s
        began = slot.began or slot.started + STARTS_WITHIN_S
        if slot.process is None or after is None or slot.is_signalled or time.monotonic() - began < after:
            return
        slot.is_signalled = True
        self._count_kill(slot, "at random")
        os.kill(slot.process.pid or 0, SIGNALS[slot.fate.signal])

    def _count_kill(self, slot: Slot, where: str) -> None:
        strike = slot.fate.fault.strike if where == "at a point" else slot.fate.signal
        self.figures.count("kills", f"{slot.actor.name}, {SIGNALS[strike].name} {where}")

    def _read_journal(self) -> None:
        lines, self.journal_read = read_new_lines(self.journal, after=self.journal_read)
        for run, what, point in lines:
            slot = self.by_run[run]
            slot.began = slot.began or time.monotonic()
            actor = slot.actor.name
            self.fates.reached(actor, point)
            self.figures.points.setdefault(f"{actor}: {point}", 0)
            if what != "struck":
                continue
            if slot.fate.fault.strike == "error":
                self.figures.count("errors", f"{os.strerror(slot.fate.fault.errno)}, {point.split()[1]}")
            else:
                self.fates.strike(actor, point)
                self.figures.count("points", f"{actor}: {point}")
                self._count_kill(slot, "at a point")
            slot.is_struck = True

    def _judge(self, slot: Slot, process: ForkServerProcess) -> None:
        process.join()
        is_harmed = slot.is_struck or slot.is_signalled
        judge(self.figures, slot.run, process.exitcode, self._output(slot), is_harmed=is_harmed)
        if not is_harmed and process.exitcode == 0:
            self.fates.lasted(slot.actor.name, time.monotonic() - slot.started)
        if slot.fate.fault.slow_fsync_s:
            self.figures.count("disturbances", "a run with fsyncs 10 ms slower")
        if slot.actor.home:
            check_restored(self.folder / slot.actor.home, self.figures)
        del self.by_run[slot.run]
        slot.process = None
        now = time.monotonic()
        slot.due = now + slot.actor.rests * (now - slot.started)

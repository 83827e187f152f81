"""One life of a home: load, kills and disturbances for a while, then healing, checks and damaged files."""

import json
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from prove.actors import ACTORS, IN_SHORT, RECEIVER
from prove.checks import check_all
from prove.damage import damage_files
from prove.disturbances import Api, Disturbances
from prove.fates import Fates
from prove.figures import Figures
from prove.home import Home, new_home
from prove.machine_clock import MachineClock
from prove.reader import start_reader
from prove.restored import BACKUPS
from prove.sender import Acknowledged, Sender, plan_for, sending
from prove.stage import Slot, Stage
from prove.steps import Operator
from prove.subjects import Subjects

MILESTONES = 20
TICK_S = 0.02
PORTS = (20_000, 30_000)  # below those that a system gives to outgoing connections


@dataclass(frozen=True)
class Limits:
    """When a life ends: after so many kills, or seconds. A short one has fewer actors, checks and damages."""

    kills: int
    seconds: float
    is_short: bool = False


def live(folder: Path, *, seed: int, limits: Limits, fates: Fates, clock: MachineClock) -> Figures:
    """Live one life below the folder, and return its figures; the folder stays only if a promise broke."""
    figures = Figures(lives=1, seeds=[seed])
    folder.mkdir()
    random = Random(seed)
    started = time.monotonic()
    actors = IN_SHORT if limits.is_short else ACTORS
    ports = free_ports(random, 1 + sum(actor.copies for actor in actors))
    api = Api(ports.pop(), seed, MILESTONES, folder)
    acknowledged = Acknowledged(folder / "acknowledged")
    plan = plan_for(seed, MILESTONES)
    with new_home(folder / "disk", api_url=api.url) as home:
        slots = [Slot(actor, number, ports.pop()) for actor in actors for number in range(actor.copies)]
        home.settings.layout.root.mkdir(parents=True)
        (folder / BACKUPS).mkdir()
        subjects = Subjects(plan)
        stage = Stage(slots, home.env, folder, fates, figures, subjects)
        senders = [
            Sender(home, slot.port, plan[number::2], acknowledged, clock)
            for number, slot in enumerate(slot for slot in slots if slot.actor is RECEIVER)
        ]
        operator = Operator(home, folder)
        try:
            with _reading(home, folder, figures):
                api.start()
                _harm(stage, Disturbances(home, stage, api, clock, random), senders, acknowledged, limits)
                check_all(operator, acknowledged, figures, subjects=subjects, is_short=limits.is_short)
            damage_files(operator, figures, random, is_short=limits.is_short)
        finally:
            api.kill()
            if figures.broken:
                _keep(home, folder)
    figures.sent_again = sum(sender.refused for sender in senders)
    figures.seconds = time.monotonic() - started
    if not figures.broken:
        shutil.rmtree(folder)
    return figures


def _harm(
    stage: Stage, disturbances: Disturbances, senders: list[Sender], acknowledged: Acknowledged, limits: Limits
) -> None:
    """Keep the actors and the senders running, and disturb them, until the life's limits; then let all be well."""
    started = time.monotonic()

    def goes_on() -> bool:
        is_young = stage.figures.killed < limits.kills or not acknowledged.bodies
        return is_young and time.monotonic() - started < limits.seconds

    try:
        with sending(senders):
            while goes_on():
                stage.step()
                disturbances.step(time.monotonic() - started)
                time.sleep(TICK_S)
    finally:
        disturbances.stop()
        stage.stop()


@contextmanager
def _reading(home: Home, folder: Path, figures: Figures) -> Iterator[None]:
    """Let a reader read in this context, and take over what it found."""
    journal = folder / "readings"
    reader = start_reader(home.settings.layout, journal)
    try:
        yield
    finally:
        reader.terminate()
        reader.join()
    versions = set()
    lines = journal.read_text().splitlines() if journal.exists() else []
    for line in lines:
        try:
            reading = json.loads(line)
        except ValueError:  # the last one, when it was ended
            continue
        figures.reads += 1
        versions.add(reading["version"])
        figures.slowest_read_s = max(figures.slowest_read_s, reading["seconds"])
        if reading["problems"]:
            figures.mixed_reads += 1
            figures.breaks("a reader sees one version", "; ".join(reading["problems"])[:500], journal)
    figures.versions_read += len(versions)


def _keep(home: Home, folder: Path) -> None:
    """Copy the home beside the logs: its disk is unmounted."""
    if home.is_mounted:
        shutil.copytree(home.folder, folder / "home", symlinks=True, ignore_dangling_symlinks=True)


def free_ports(random: Random, number: int) -> list[int]:
    """Ports of this machine on which nobody listens."""
    found: set[int] = set()
    while len(found) < number:
        port = random.randrange(*PORTS)
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)):
                found.add(port)
    return list(found)

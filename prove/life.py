"""One life of a home: harm it in one way or another, then let it heal, check every promise, and damage its files."""

import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from prove.checks import check_all
from prove.damage import damage_files
from prove.disturbances import Api
from prove.figures import Figures
from prove.home import Home, new_home
from prove.machine_clock import MachineClock
from prove.reader import start_reader
from prove.restored import BACKUPS
from prove.sender import Acknowledged, plan_for
from prove.steps import Operator
from prove.subjects import Subjects
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery

MILESTONES = 20
PORTS = (20_000, 30_000)  # below those that a system gives to outgoing connections


@dataclass(frozen=True)
class Scene:
    """What a life is lived in: a home, the deliveries that it gets, the log of what was acknowledged, and the figures.

    A short life has fewer actors, checks and damages.
    """

    home: Home
    folder: Path
    api: Api
    plan: Sequence[PlannedDelivery]
    subjects: Subjects
    acknowledged: Acknowledged
    figures: Figures
    clock: MachineClock
    random: Random
    is_short: bool


def live(
    folder: Path, harm: Callable[[Scene], None], *, seed: int, clock: MachineClock, is_short: bool = False
) -> Figures:
    """Live one life below the folder, and return its figures; the folder stays only if a promise broke."""
    figures = Figures(lives=1, seeds=[seed])
    folder.mkdir()
    random = Random(seed)
    started = time.monotonic()
    [port] = free_ports(random, 1)
    api = Api(port, seed, MILESTONES, folder)
    acknowledged = Acknowledged(folder / "acknowledged")
    plan = plan_for(seed, MILESTONES)
    subjects = Subjects(plan)
    with new_home(folder / "disk", api_url=api.url) as home:
        home.settings.layout.root.mkdir(parents=True)
        (folder / BACKUPS).mkdir()
        scene = Scene(home, folder, api, plan, subjects, acknowledged, figures, clock, random, is_short)
        operator = Operator(home, folder)
        try:
            with _reading(home, folder, figures):
                api.start()
                harm(scene)
                check_all(operator, acknowledged, figures, subjects=subjects, is_short=is_short)
            damage_files(operator, figures, random, is_short=is_short)
        finally:
            api.kill()
            if figures.broken:
                _keep(home, folder)
    figures.seconds = time.monotonic() - started
    if not figures.broken:
        shutil.rmtree(folder)
    return figures


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
        if is_free(port):
            found.add(port)
    return list(found)


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of this machine."""
    with socket.socket() as tried:
        return bool(tried.connect_ex(("127.0.0.1", port)))

"""The commands that a walk goes through, and the state in which each finds its home."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prove.actors import SUBJECT
from prove.restored import BACKUPS
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery
from sighten_warehouse.backup.record import backups
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.versions import versions

OLD, NEW = "{old}", "{new}"  # folders of bodies that were not delivered
BESIDE = "beside"  # a second home, of past deliveries alone
A_DAY_S = 86_400
DAYS = 5


@dataclass(frozen=True)
class Stride:
    """A command that is run until it comes to no new point.

    Args:
        actor: its name in the report.
        command: its arguments; `{old}`, `{new}`, `{subject}` and `{backups}` stand for what the life has.
        mood: of the API meanwhile.
        refused: an operation that the file system does not have.
        home: the name of another home than that of the life.
        damage: what happens to the files before, given the layout of the home and the folder of the life.
    """

    actor: str
    command: tuple[str, ...]
    mood: str = ""
    refused: str = ""
    home: str = ""
    damage: Callable[[Layout, Path], None] = lambda _layout, _folder: None


def cut_newest_version(layout: Layout, _folder: Path) -> None:
    """Cut off the second half of the file that the next publish would update."""
    path = layout.versions / f"{versions(layout)[-1].version}.duckdb"
    os.truncate(path, path.stat().st_size // 2)


def damage_backup(_layout: Layout, folder: Path) -> None:
    """Cut off the end of a landing file of the newest backup."""
    path = max((backups(folder / BACKUPS)[-1] / "landing").rglob("*.ndjson*"))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1])


ROUTE = (
    Stride("importer", ("backfill", "files", OLD)),
    Stride("loader", ("load", "--jobs", "1")),
    Stride("publisher", ("publish",)),
    Stride("eraser", ("erase", SUBJECT, "--yes")),
    Stride("enricher", ("enrich",)),
    Stride("downloader", ("documents",), mood="the API lies"),
    Stride("downloader", ("documents",)),
    Stride("importer", ("backfill", "files", NEW, "--publish")),
    Stride("compaction", ("compact",)),
    Stride("publisher", ("publish", "--full"), refused="link"),
    Stride("exporter", ("publish", "--parquet")),
    Stride("scheduler", ("run",)),
    Stride("compaction", ("compact",)),
    Stride("backup", ("backup", "{backups}", "--keep", "1")),
    Stride("restore", ("restore", "{backups}"), home="restored"),
    Stride("restore", ("restore", "{backups}"), home="restored", damage=damage_backup),
    Stride("restore", ("restore", "{backups}", "--without-damaged"), home="restored"),
    Stride("eraser", ("erase", SUBJECT, "--yes")),
    Stride("rebuild", ("rebuild", "--jobs", "1")),
    Stride("publisher", ("publish",)),
    Stride("importer", ("backfill", "files", OLD), home=BESIDE),
    Stride("loader", ("load", "--jobs", "1"), home=BESIDE),
    Stride("compaction", ("compact",), home=BESIDE),
    Stride("publisher", ("publish",), home=BESIDE),
    Stride("downloader", ("documents",), home=BESIDE),
    Stride("importer", ("backfill", "files", NEW), home=BESIDE),
    Stride("loader", ("load", "--jobs", "1"), home=BESIDE),
    Stride("publisher", ("publish",), home=BESIDE, damage=cut_newest_version),
    Stride("compaction", ("compact",), home=BESIDE),
)


def write_past(folder: Path, plan: Sequence[PlannedDelivery]) -> None:
    """Write the bodies as files of the last days."""
    folder.mkdir()
    now = time.time()
    for number, delivery in enumerate(plan):
        path = folder / f"{number}.json"
        path.write_bytes(delivery.body)
        received = now - A_DAY_S * (number % DAYS)
        os.utime(path, (received, received))

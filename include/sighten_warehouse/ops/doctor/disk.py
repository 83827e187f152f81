"""Whether the home's disks keep what they say is kept: file system, honesty and time of fsync, locks, free space."""

import fcntl
import os
import re
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sighten_warehouse.durable import sync_file
from sighten_warehouse.ops.doctor.check import Check, error, ok, warning
from sighten_warehouse.ops.upkeep import free_disk
from sighten_warehouse.settings import Settings

SYNCS = 15
# A sync of new bytes waits for a disk and its journal: fast disks that survive a power cut take some 40 µs.
IMPOSSIBLY_FAST_S = 15e-6
SLOW_S = 0.1
VOLATILE_TYPES = ("tmpfs", "ramfs")
# Mount options by which a sync does not reach the disk.
VOLATILE_OPTIONS = ("volatile", "nobarrier", "barrier=0", "sync=disabled", "fsync=volatile")
_OCTAL = re.compile(r"\\([0-7]{3})")
MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Mount:
    """A mounted file system: where, of what type, and with which options."""

    point: str
    kind: str
    options: tuple[str, ...]


def check_disks(settings: Settings, *, environ: Mapping[str, str]) -> Iterator[Check]:
    """Check each disk of the home; writes and removes a small file in it."""
    layout = settings.layout
    if "eatmydata" in environ.get("LD_PRELOAD", ""):
        yield error("disk", "libeatmydata is loaded: fsync does nothing", "remove it from LD_PRELOAD")
    for folder, free in free_disk(layout).items():
        if free < settings.min_free_bytes:
            yield error(
                "disk",
                f"{folder}: {free / 1e9:.1f} GB are free; expected {settings.min_free_disk}",
                "free space (docs/runbook.md#disk-full)",
            )
        yield from _check_disk(Path(folder))
    landing, vault = layout.landing, layout.vault
    if landing.is_dir() and vault.is_dir() and landing.stat().st_dev != layout.root.stat().st_dev:
        yield ok("disk", f"{landing} is on a disk of its own")


def _check_disk(folder: Path) -> Iterator[Check]:
    mount = mount_of(folder)
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor.", suffix=".tmp", dir=folder) as scratch:
            seconds = median_sync(Path(scratch))
            locks = has_locks(Path(scratch))
    except OSError as problem:
        yield error("disk", f"{folder}: cannot write: {problem.strerror}", "give permission, free space or remount it")
        return
    yield judge_syncs(folder, mount, seconds)
    if not locks:
        yield error("disk", f"{folder}: flock does not lock", "use a local disk, or NFS 4 with locks")
    yield ok("disk", f"{folder}: {shutil.disk_usage(folder).free / 1e9:.1f} GB are free")


def judge_syncs(folder: Path, mount: Mount | None, seconds: float) -> Check:
    """Whether a sync of this disk can be believed, from its type, its options and the time that one takes."""
    kind = mount.kind if mount else "unknown file system"
    found = f"{folder}: {kind}, an fsync takes {seconds * 1e3:.2g} ms"
    believed = "acknowledged deliveries must survive a power cut: use a disk that keeps what it synced"
    if kind in VOLATILE_TYPES:
        return error("disk", f"{found}; it is in memory, and gone after a restart", believed)
    if mount and (options := [option for option in mount.options if option in VOLATILE_OPTIONS]):
        return error("disk", f"{found}; it is mounted with {', '.join(options)}, so that nothing is synced", believed)
    if seconds < IMPOSSIBLY_FAST_S:
        return error("disk", f"{found}, faster than any disk: it does not sync", believed)
    if seconds > SLOW_S:
        return warning("disk", f"{found}; each group of deliveries waits for one", "use a faster disk for landing")
    return ok("disk", found)


def median_sync(folder: Path) -> float:
    """The median of the seconds that a sync of 4 KiB more takes."""
    times = []
    with (folder / "synced").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(os.urandom(4096))
            started = perf_counter()
            sync_file(file, folder)
            times.append(perf_counter() - started)
    return statistics.median(times)


def has_locks(folder: Path) -> bool:
    """Whether a lock that one holds is refused to another."""
    with (folder / "lock").open("a") as one, (folder / "lock").open("a") as other:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def mount_of(folder: Path, *, table: str | None = None) -> Mount | None:
    """The mount that holds the folder, by Linux' table of mounts; None where there is no such table."""
    if table is None:
        if not MOUNTS.exists():
            return None
        table = MOUNTS.read_text()
    found: Mount | None = None
    for line in table.splitlines():
        mount = _parsed(line)
        # A later line of the same point covers an earlier one.
        if folder.is_relative_to(mount.point) and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _parsed(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    fields, (kind, _, options) = before.split(), after.split(maxsplit=2)
    point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
    return Mount(point, kind, (*fields[5].split(","), *options.split(",")))

"""How fast files are imported, and in how much memory.

Run it with `.venv/bin/python benchmarks/backfill_files.py` (some minutes; `--help` for its options). It writes a
dump of the vendor's sample with other ids and longer texts, imports it as lines and as a zip whose members come in no
order of days, and imports both again, when nothing is left to land.
"""

import argparse
import json
import random
import resource
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from uuid import UUID

import structlog

from sighten_warehouse.importing.run import import_files
from sighten_warehouse.importing.times import Times
from sighten_warehouse.settings import read_settings

SAMPLE = files("sighten_warehouse.simulator").joinpath("sample_milestone.verbatim.txt").read_text()
FIRST_DAY = datetime(2018, 1, 1, tzinfo=UTC)


def bodies(count: int, *, days: int) -> Iterator[tuple[datetime, bytes]]:
    """Milestones of 15 kB or so, each with a time of receiving on a day chosen by chance."""
    chance = random.Random(1)
    milestone = json.loads(SAMPLE.replace(":False", ":false").replace(":True", ":true"))
    for _ in range(count):
        tasks = [task | {"uuid": an_id(chance), "description": words(chance)} for task in milestone["tasks"] * 6]
        at = FIRST_DAY + timedelta(days=chance.randrange(days), seconds=chance.randrange(86_400))
        yield at, json.dumps(milestone | {"uuid": an_id(chance), "tasks": tasks}).encode()


def an_id(chance: random.Random) -> str:
    """A UUID."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def words(chance: random.Random) -> str:
    """A text of 300 characters that compresses as prose does, more or less."""
    return " ".join(f"{chance.getrandbits(12):x}" for _ in range(75))


def write_lines(path: Path, count: int) -> None:
    """One body a line."""
    with path.open("wb") as file:
        file.writelines(body + b"\n" for _, body in bodies(count, days=1))


def write_zip(path: Path, count: int, days: int) -> None:
    """One body a member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, (at, body) in enumerate(bodies(count, days=days)):
            info = zipfile.ZipInfo(f"{number}.json", at.timetuple()[:6])
            archive.writestr(info, body, zipfile.ZIP_DEFLATED)


def measure(home: Path, path: Path, name: str) -> None:
    """Imports the file and prints what it took, to be called in a process of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    started = monotonic()
    tally = import_files(read_settings({"SIGHTEN_HOME": str(home)}), [str(path)], times=Times(now=datetime.now(UTC)))
    took = monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = sum(kind.size for kind in tally.kinds.values()) / 1e6
    print(
        f"{name:18} {tally.bodies:,} bodies, {size:,.0f} MB: {tally.new:,} landed in {tally.landing_files:,} files,"
        f" {took:.1f} s, {tally.bodies / took:,.0f} bodies/s, {size / took:,.0f} MB/s, peak {peak} MiB",
        flush=True,
    )


def main() -> None:
    """Make both dumps, and import each twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where the dumps and the home shall lie; else where TMPDIR says")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        lines, archive = Path(folder, "lines.ndjson"), Path(folder, "dump.zip")
        write_lines(lines, given.bodies)
        write_zip(archive, given.bodies, given.days)
        runs = [(path, name) for path in (lines, archive) for name in (path.name, f"{path.name} again")]
        for path, name in runs:
            home = Path(folder, f"home of {path.name}")
            process = get_context("spawn").Process(target=measure, args=(home, path, name))
            process.start()
            process.join()


if __name__ == "__main__":
    main()

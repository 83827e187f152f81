"""How fast files are imported, loaded and published, and in how much memory: for some bodies and four times as many.

Run it with `.venv/bin/python benchmarks/backfill_files.py` (a minute or two; `--full` for a million bodies, which takes
hours and 25 GB; `--help` for more). It writes a dump of the vendor's sample with other ids and longer texts, imports it
as lines and as a zip whose members come in no order of days, imports both again, when nothing is left to land, and
loads and publishes what the zip held. Each step is a process of its own. Memory does not grow where both sizes have the
same peak.
"""

import argparse
import json
import random
import resource
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from uuid import UUID

import structlog

from sighten_warehouse.backfill.files.step import import_files
from sighten_warehouse.backfill.files.times import Times
from sighten_warehouse.load.step import load
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.step import publish
from sighten_warehouse.settings import Settings, read_settings

SAMPLE = files("sighten_simulator").joinpath("sample_milestone.verbatim.txt").read_text()
FIRST_DAY = datetime(2018, 1, 1, tzinfo=UTC)
SMALL, FULL, TIMES_AS_MANY = 5_000, 250_000, 4


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


def import_file(settings: Settings, path: Path) -> tuple[int, str]:
    """How many bodies the file holds, and what became of them."""
    tally = import_files(settings, [str(path)], times=Times(now=datetime.now(UTC)))
    size = sum(kind.size for kind in tally.kinds.values()) / 1e6
    return tally.bodies, f"{size:,.0f} MB, {tally.new:,} landed in {tally.landing_files:,} files"


def load_all(settings: Settings, _: Path) -> tuple[int, str]:
    """How many deliveries were loaded, and in how many batches."""
    result = load(settings)
    return result.landed, f"in {len(result.batches):,} batches"


def publish_all(settings: Settings, _: Path) -> tuple[int, str]:
    """How many deliveries the version holds, and whether what was landed balances."""
    version = publish(settings)
    balance = "holds" if read_status(settings, recount=False).balanced else "does not hold"
    return version.tables["ops.deliveries"], f"balance {balance}"


def measure(name: str, step: Callable[[Settings, Path], tuple[int, str]], home: Path, path: Path) -> None:
    """Take the step and print what it took, to be called in a process of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    started = monotonic()
    count, said = step(read_settings({"SIGHTEN_HOME": str(home)}), path)
    took = monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:26} {count:9,} bodies, {took:8.1f} s, {count / took:7,.0f} a second, peak {peak:5,} MiB: {said}")


def measure_all(folder: Path, count: int, days: int) -> None:
    """Make both dumps of so many bodies, and take every step with them."""
    lines, archive = folder / "lines.ndjson", folder / "dump.zip"
    write_lines(lines, count)
    write_zip(archive, count, days)
    homes = {path: folder / f"home of {path.name}" for path in (lines, archive)}
    imports = [(f"import {path.name}{again}", import_file, path) for path in homes for again in ("", " again")]
    for name, step, path in (*imports, ("load", load_all, archive), ("publish", publish_all, archive)):
        process = get_context("spawn").Process(target=measure, args=(name, step, homes[path], path))
        process.start()
        process.join()


def main() -> None:
    """Take every step with some bodies, and then with four times as many."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=SMALL, help="how many at first")
    parser.add_argument("--full", action="store_const", dest="bodies", const=FULL, help="a million in the end")
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where the dumps and the homes shall lie; else where TMPDIR says")
    given = parser.parse_args()
    for count in (given.bodies, given.bodies * TIMES_AS_MANY):
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            measure_all(Path(folder), count, given.days)


if __name__ == "__main__":
    main()

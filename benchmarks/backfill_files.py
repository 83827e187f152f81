"""Time and memory of importing, loading and publishing files, for N bodies and for 4 N.

Run it with `.venv/bin/python benchmarks/backfill_files.py` (a minute or two; `--full` for a million bodies, which takes
hours and 25 GB; `--help` for more). It writes a dump of the vendor's sample with new ids and longer texts, and imports
it as lines and as a zip with members in random order of days. It imports both again, which lands nothing, then loads
and publishes the zip's bodies. Each step is its own process. Memory is constant if both sizes have the same peak.
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

SAMPLE = files("sighten_simulator.world").joinpath("sample_milestone.verbatim.txt").read_text()
FIRST_DAY = datetime(2018, 1, 1, tzinfo=UTC)
SMALL, FULL, TIMES_AS_MANY = 5_000, 250_000, 4


def bodies(count: int, *, days: int) -> Iterator[tuple[datetime, bytes]]:
    """Milestones of about 15 kB, each with a time of receipt on a random day."""
    rng = random.Random(1)
    milestone = json.loads(SAMPLE.replace(":False", ":false").replace(":True", ":true"))
    for _ in range(count):
        tasks = [task | {"uuid": random_id(rng), "description": words(rng)} for task in milestone["tasks"] * 6]
        at = FIRST_DAY + timedelta(days=rng.randrange(days), seconds=rng.randrange(86_400))
        yield at, json.dumps(milestone | {"uuid": random_id(rng), "tasks": tasks}).encode()


def random_id(rng: random.Random) -> str:
    """A random UUID."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def words(rng: random.Random) -> str:
    """A text of 300 characters that compresses about as well as prose."""
    return " ".join(f"{rng.getrandbits(12):x}" for _ in range(75))


def write_lines(path: Path, count: int) -> None:
    """Write one body per line."""
    with path.open("wb") as file:
        file.writelines(body + b"\n" for _, body in bodies(count, days=1))


def write_zip(path: Path, count: int, days: int) -> None:
    """Write one body per member."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, (at, body) in enumerate(bodies(count, days=days)):
            info = zipfile.ZipInfo(f"{number}.json", at.timetuple()[:6])
            archive.writestr(info, body, zipfile.ZIP_DEFLATED)


def import_file(settings: Settings, path: Path) -> tuple[int, str]:
    """Import the file; return its number of bodies and a summary."""
    tally = import_files(settings, [str(path)], times=Times(now=datetime.now(UTC)))
    size = sum(kind.size for kind in tally.kinds.values()) / 1e6
    return tally.bodies, f"{size:,.0f} MB, {tally.new:,} landed in {tally.landing_files:,} files"


def load_all(settings: Settings, _: Path) -> tuple[int, str]:
    """Load everything; return the number of deliveries and a summary."""
    result = load(settings)
    return result.landed, f"in {len(result.batches):,} batches"


def publish_all(settings: Settings, _: Path) -> tuple[int, str]:
    """Publish; return the number of deliveries and whether the balance holds."""
    version = publish(settings)
    balance = "holds" if read_status(settings, recount=False).balanced else "does not hold"
    return version.tables["ops.deliveries"], f"balance {balance}"


def measure(name: str, step: Callable[[Settings, Path], tuple[int, str]], home: Path, path: Path) -> None:
    """Run a step and print its time and peak memory; call it in its own process."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    started = monotonic()
    count, summary = step(read_settings({"SIGHTEN_HOME": str(home)}), path)
    seconds = monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:26} {count:9,} bodies, {seconds:8.1f} s, {count / seconds:7,.0f} /s, peak {peak:5,} MiB: {summary}")


def measure_all(folder: Path, count: int, days: int) -> None:
    """Write both dumps with `count` bodies, and run every step on them."""
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
    """Run every step with N bodies, and then with 4 N."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bodies", type=int, default=SMALL, help="number of bodies in round one")
    parser.add_argument("--full", action="store_const", dest="bodies", const=FULL, help="a million bodies in round two")
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="folder for dumps and homes (default: TMPDIR)")
    options = parser.parse_args()
    for count in (options.bodies, options.bodies * TIMES_AS_MANY):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            measure_all(Path(folder), count, options.days)


if __name__ == "__main__":
    main()

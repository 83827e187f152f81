"""The tests on other dates than today's: `python tests/dates [--date NAME] [pytest's arguments]`; 2 where it cannot be.

A small library in C, preloaded into pytest and all that it starts, sets their clock and their files' times.
"""

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from calendar import isleap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import NoReturn

SOURCE = Path(__file__).with_name("clock.c")
CANNOT = 2
IS_SET = """
import os, sys, tempfile, time
with tempfile.NamedTemporaryFile() as file:
    times = time.time(), os.stat(file.name).st_mtime, os.stat(file.fileno()).st_mtime
    os.utime(file.name, (86400, 86400))
    kept = os.stat(file.name).st_mtime
sys.exit(kept != 86400 or any(abs(time - float(sys.argv[1])) > 60 for time in times))
"""


def a_year_ahead(now: datetime) -> datetime:
    return now + timedelta(days=365)


def leap_day(now: datetime) -> datetime:
    """Noon of the next 29 February."""
    noons = (datetime(year, 2, 29, 12, tzinfo=UTC) for year in count(now.year) if isleap(year))
    return next(noon for noon in noons if noon > now)


def new_year(now: datetime) -> datetime:
    """The last minute of this year: the next one begins while the tests run."""
    return datetime(now.year, 12, 31, 23, 59, tzinfo=UTC)


DATES: dict[str, Callable[[datetime], datetime]] = {
    "a-year-ahead": a_year_ahead,
    "leap-day": leap_day,
    "new-year": new_year,
}


def folder_for_libraries() -> str:
    """A folder that libraries may be loaded from; LD_PRELOAD divides its value at spaces and colons."""
    folders = (sys.prefix, "/var/tmp", tempfile.gettempdir())  # noqa: S108  (a new folder of its own is made there)
    return next(folder for folder in folders if not re.search(r"[\s:]", folder) and os.access(folder, os.W_OK))


def compiled(folder: Path) -> Path:
    """The library that sets the clock, made in that folder."""
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)
    if platform.system() != "Linux" or sys.maxsize < 2**32:
        cannot("expected Linux with 64 bits")
    if compiler is None:
        cannot("expected a C compiler (Debian: apt install gcc libc6-dev)")
    library = folder / "clock.so"
    built = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-w", "-o", library, SOURCE, "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        cannot(f"{compiler} cannot make {SOURCE.name} (Debian: apt install gcc libc6-dev):\n{built.stderr}")
    return library


def cannot(why: str) -> NoReturn:
    print(f"the clock cannot be set for the tests: {why}", file=sys.stderr)
    sys.exit(CANNOT)


def run(name: str, library: Path, arguments: list[str]) -> int:
    """Pytest's exit code on that date."""
    now = datetime.now(UTC)
    then = DATES[name](now)
    preloaded = f"{library}:{os.environ.get('LD_PRELOAD', '')}".rstrip(":")
    seconds = round((then - now).total_seconds())
    env = os.environ | {"LD_PRELOAD": preloaded, "CLOCK_SHIFT_SECONDS": str(seconds)}
    asked = subprocess.run([sys.executable, "-c", IS_SET, str(then.timestamp())], env=env, check=False)
    if asked.returncode:
        cannot("a preloaded library does not set it here, expected glibc 2.33 or later")
    print(f"\n== {name}: the clock says {then:%Y-%m-%d %H:%M} UTC", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=env, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python tests/dates", allow_abbrev=False)
    parser.add_argument("--date", dest="names", action="append", choices=DATES, help="only this date")
    options, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory(dir=folder_for_libraries()) as folder:
        library = compiled(Path(folder))
        codes = {name: run(name, library, arguments) for name in options.names or DATES}
    failed = [name for name, code in codes.items() if code]
    print(f"\n== failed with the clock at {', '.join(failed)}" if failed else f"\n== passed at {', '.join(codes)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

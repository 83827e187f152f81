"""What an installation takes, by extra and against an earlier revision: `python -m benchmarks.installs [REVISION]`.

Prints a Markdown table. Installs into temporary environments, from the package index or uv's cache.
"""

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
GIT = shutil.which("git") or "git"
UV = ROOT / ".venv/bin/uv"
EXTRAS = ("", "receiver", "api", "report", "objects", "simulator", "mcp", "polars", "ibis", "airflow")
RUNS = 7
TIMED = {
    "open": "import sighten_warehouse.publish.reader",
    "help": "import sys; sys.argv = ['', '--help']; from sighten_warehouse.cli.main import run_alone; run_alone()",
}


def environment(folder: Path, source: Path, extra: str) -> Path:
    """A new environment with the package and that extra, with the versions of the lock; its Python."""
    subprocess.run([UV, "venv", "-q", "--clear", "-p", sys.executable, folder], check=True)
    wanted = f"sighten-warehouse[{extra}] @ {source.as_uri()}" if extra else f"sighten-warehouse @ {source.as_uri()}"
    lock = ["-c", ROOT / "requirements/dev.txt"]
    subprocess.run([UV, "pip", "install", "-q", "-p", folder / "bin/python", *lock, wanted], check=True)
    return folder / "bin/python"


def megabytes(folder: Path) -> float:
    """The size of its files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def milliseconds(python: Path, code: str) -> float:
    """The median processor time of a process that runs it, without that of an empty one."""
    with_it, empty = (median(_seconds(python, code) for _ in range(RUNS)) for code in (code, ""))
    return 1000 * (with_it - empty)


def _seconds(python: Path, code: str) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([python, "-c", code], check=True, stdout=subprocess.DEVNULL)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def row(name: str, source: Path, extra: str) -> str:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        python = environment(Path(folder), source, extra)
        packages = len(list(Path(folder).glob("lib/python*/site-packages/*.dist-info")))
        for code in TIMED.values():  # compiles what it imports
            _seconds(python, code)
        times = [milliseconds(python, code) for code in TIMED.values()]
        return f"| {name} | {packages} | {megabytes(Path(folder)):.0f} | {times[0]:.0f} | {times[1]:.0f} |"


def main(revision: str | None) -> None:
    """Print the table; with a revision, its installation first."""
    print("| installed | packages | MB | opening, CPU ms | `--help`, CPU ms |\n|---|---|---|---|---|")
    if revision:
        with tempfile.TemporaryDirectory() as folder:
            tree = subprocess.run([GIT, "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
            with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
                archive.extractall(folder, filter="data")
            print(row(f"before ({revision})", Path(folder), ""), flush=True)
    for extra in EXTRAS:
        print(row(f"`[{extra}]`" if extra else "alone", ROOT, extra), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:2] or [None])

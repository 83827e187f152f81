"""How a receiver serves genuine senders while strangers attack it: `python -m benchmarks.under_attack`.

Writes docs/under-attack.md and prints where. Every delivery that was acknowledged is looked for in landing.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import attackers
from benchmarks.genuine import SECRET, Senders
from benchmarks.runs import ROOT
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line

PAGE = ROOT / "docs" / "under-attack.md"

PAGE_TEXT = """# The receiver under attack

`python -m benchmarks.under_attack` writes this page. It starts real receivers with HMAC. Genuine senders deliver
8 kB once a second each, over a connection that they keep, while strangers with well-formed but wrong signatures
attack, all from one address, as behind a proxy. Each scene takes {seconds} s on two shared cores, which the receiver
shares with all its clients, and ends with SIGTERM while deliveries are in progress. *Lost* counts acknowledged
deliveries that are not in landing then, *doubled* those that are there twice; *peak* is the most memory of one
receiver.

| strangers | genuine | acknowledged | refused | p50, ms | p99, ms | slowest, ms | peak, MB | lost | doubled |
|---|---|---|---|---|---|---|---|---|---|
{rows}

## Memory

By its limits, strangers make a receiver take at most about 700 MB; the systemd unit and compose allow 1 GB. It needs
35 MB to run; 64 MiB for bodies that wait for an answer, or two of the largest size, and about as much again for their
lines; and for each of at most 2,048 connections 32 KiB of a head, 100 headers and 200 KiB of responses that nobody
reads. The most measured here is {most} MB.
"""


@dataclass(frozen=True)
class Scene:
    """Who connects: genuine senders, and strangers by their attack."""

    name: str
    genuine: int
    strangers: Sequence[tuple[attackers.Attack, int]] = ()
    files: int = 4096
    receivers: int = 1


SCENES = (
    Scene("nobody else", 20),
    Scene("1 sends one-byte chunks, 1.2 MB/s", 20, [(attackers.one_byte_chunks, 1)]),
    Scene("8 send one-byte chunks", 20, [(attackers.one_byte_chunks, 8)]),
    Scene("8 send 12-byte chunks", 20, [(attackers.dense_chunks, 8)]),
    Scene("3 announce 25 MB each and stall", 20, [(attackers.stalled_bodies, 3)]),
    Scene("20 announce 25 MB each and stall", 20, [(attackers.stalled_bodies, 20)]),
    Scene("300 silent ones, 256 open files allowed", 20, [(attackers.silent, 300)], files=256),
    Scene("8 ask for /metrics and never read", 20, [(attackers.unread_metrics, 8)]),
    Scene(
        "256 connections: 64 slow, 64 half-open",
        128,
        [(attackers.slow_bodies, 64), (attackers.half_heads, 32), (attackers.silent, 32)],
    ),
    Scene(
        "1,000 connections: 250 slow, 250 half-open",
        500,
        [(attackers.slow_bodies, 250), (attackers.half_heads, 125), (attackers.silent, 125)],
    ),
    Scene(
        "the same before 3 receivers on one landing",
        500,
        [(attackers.slow_bodies, 250), (attackers.half_heads, 125), (attackers.silent, 125)],
        receivers=3,
    ),
)


@dataclass(frozen=True)
class Result:
    """What genuine senders saw, and the most memory that a receiver took."""

    scene: Scene
    acknowledged: int
    refused: int
    p50: float
    p99: float
    slowest: float
    peak_mb: float
    lost: int
    doubled: int


def main() -> None:
    """Play all scenes; write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.under_attack", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each scene")
    parser.add_argument("--only", type=int, nargs="+", help="numbers of scenes, from 1; writes nothing")
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv", help="folder on the disk to measure")
    options = parser.parse_args()
    chosen = [SCENES[number - 1] for number in options.only or range(1, len(SCENES) + 1)]
    rows = []
    for scene in chosen:
        rows.append(_play(scene, options.seconds, folder=options.folder))
        print(_row(rows[-1]), flush=True)
    if options.only:
        return
    PAGE.write_text(_page(rows, options.seconds))
    print(f"written to {PAGE.relative_to(ROOT)}")


def _play(scene: Scene, seconds: float, *, folder: Path) -> Result:
    with tempfile.TemporaryDirectory(dir=folder, prefix="attack-") as home, ExitStack() as stack:
        receivers = [stack.enter_context(_receiving(Path(home), scene.files)) for _ in range(scene.receivers)]
        ports = [port for _, port in receivers]
        for number, (attack, connections) in enumerate(scene.strangers):
            stack.enter_context(attackers.attacking(attack, ports[number % len(ports)], connections))
        peaks: list[float] = []

        def stop() -> None:
            for process, _ in receivers:
                peaks.append(_peak_mb(process.pid))
                process.send_signal(signal.SIGTERM)

        senders = Senders(ports, scene.genuine)
        senders.deliver(seconds, stop=stop)
        for process, _ in receivers:
            process.wait(30)
        landed = Counter(_landing_ids(Path(home) / "production" / "landing"))
    waits = sorted(senders.waits)
    return Result(
        scene,
        acknowledged=len(senders.acknowledged),
        refused=senders.refused,
        p50=statistics.median(waits),
        p99=waits[len(waits) * 99 // 100],
        slowest=waits[-1],
        peak_mb=max(peaks),
        lost=sum(landing_id not in landed for landing_id in senders.acknowledged),
        doubled=sum(number > 1 for number in landed.values()),
    )


@contextmanager
def _receiving(home: Path, files: int) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A receiver in a process of its own, and its port."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}
    settings = {"SIGHTEN_HOME": str(home), "SIGHTEN_WEBHOOK_AUTH": "hmac", "SIGHTEN_WEBHOOK_SECRET": SECRET}
    command = [sys.executable, "-c", "from sighten_warehouse.cli import main; main()", "receive", "--port", "0"]
    with (home / f"{len(list(home.glob('*.log')))}.log").open("w") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command],
            env=others | settings,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        if process.stdout is None:
            raise RuntimeError("no output")
        yield process, int(process.stdout.readline().partition("://")[2].partition("/")[0].rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


def _peak_mb(pid: int) -> float:
    """The most memory that the process has had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def _landing_ids(landing: Path) -> Iterator[str]:
    for name in landing_files(landing):
        for raw in read_raw_lines(landing / name):
            yield parse_landing_line(raw).landing_id


def _row(result: Result) -> str:
    times = " | ".join(f"{seconds * 1000:,.0f}" for seconds in (result.p50, result.p99, result.slowest))
    scene = result.scene
    return (
        f"| {scene.name} | {scene.genuine} | {result.acknowledged:,} | {result.refused} | {times} "
        f"| {result.peak_mb:.0f} | {result.lost} | {result.doubled} |"
    )


def _page(rows: Sequence[Result], seconds: float) -> str:
    return PAGE_TEXT.format(
        seconds=f"{seconds:g}", rows="\n".join(map(_row, rows)), most=f"{max(row.peak_mb for row in rows):.0f}"
    )


if __name__ == "__main__":
    main()

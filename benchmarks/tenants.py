"""How long one tenant's webhook takes to its row while another is in trouble: `make bench-tenants`.

Writes docs/noisy-tenant.md and prints where. Scenes take turns, and each is compared with the quiet one of its round.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.homes import COMMAND, PLAIN, Home
from benchmarks.neighbours import CONNECTIONS
from benchmarks.payloads import lines, write_payloads
from benchmarks.runs import ROOT
from benchmarks.serving import answers, free_port, p95, running, seconds_to_row, until
from sighten_warehouse.settings import Settings, read_settings

PAGE = ROOT / "docs" / "noisy-tenant.md"
TIMED, NOISY = "borealis", "acme"
DELIVERIES, DUE_QUOTES = 800, 4_000
PAUSE_SECONDS = 2.0
CORES = 2

PAGE_TEXT = """# A noisy tenant

`make bench-tenants` writes this page. Two tenants of one file run on two cores, each with its own `receive` and
`run --follow`. *Seconds* are those from the acknowledgement of a webhook of `borealis`, whose home has {deliveries:,}
deliveries, to its row in the published file, while `acme` is in trouble. Scenes take turns, {rounds} rounds of {posts}
webhooks; *ratio* is a round's median over that of the quiet scene of the same round and cores, and the median of the
rounds. *Shared*: every process may use both cores, with an equal share of them, as services of systemd and containers
have. *One each*: `acme`, and who sends to it, have one core, `borealis` the other. The flood comes over {connections}
connections as fast as it is answered. The program that sorts numbers keeps one core busy; what that costs `borealis` is
what the cores of this machine share, such as caches and memory, whoever uses them.

| `acme` | cores | p50, s | p95, s | ratio | slowest round |
|---|---|---|---|---|---|
{rows}
"""


@dataclass(frozen=True)
class TenantHome(Home):
    """The home of a tenant, used through the command."""

    file: Path
    name: str

    @property
    def env(self) -> dict[str, str]:
        """The environment of its commands."""
        return PLAIN | {"SIGHTEN_TENANTS": str(self.file), "SIGHTEN_TENANT": self.name}

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return read_settings(self.env)


@dataclass(frozen=True)
class Scene:
    """What happens to the noisy tenant, and on which cores.

    Args:
        name: of the page.
        sends: the kind of bodies that flood it.
        api: whether its API is silent.
        stranger: whether a program that has nothing to do with the product computes.
        one_each: whether each tenant has a core of its own.
    """

    name: str
    sends: str | None = None
    api: bool = False
    stranger: bool = False
    one_each: bool = False

    @property
    def cells(self) -> tuple[str, str]:
        """Its name and who has which core, for the page."""
        return self.name, "one each" if self.one_each else "shared"

    def cores(self, tenant: str) -> set[int]:
        """The cores of that tenant's processes."""
        first, second, *_ = sorted(os.sched_getaffinity(0))
        own = {first} if tenant == NOISY else {second}
        return own if self.one_each else {first, second}


TROUBLES = (
    Scene("is quiet"),
    Scene("is quiet, and a program that is not ours sorts numbers there", stranger=True),
    Scene("is flooded with deliveries", sends="deliveries"),
    Scene("is flooded with bodies that are quarantined", sends="garbage"),
    Scene(f"has a silent API and {DUE_QUOTES:,} due quotes", api=True),
)
SCENES = (*TROUBLES, *(replace(scene, one_each=True) for scene in TROUBLES))


def main() -> None:
    """Measure all scenes and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tenants", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times that each scene is measured")
    parser.add_argument("--posts", type=int, default=8, help="webhooks of each scene in a round")
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv", help="folder on the disk to measure")
    options = parser.parse_args()
    if min(options.rounds, options.posts) < 1:
        parser.error(f"--rounds {options.rounds}, --posts {options.posts}: expected whole numbers from 1")
    if (cores := len(os.sched_getaffinity(0))) < CORES:
        parser.error(f"{cores} core; expected {CORES} or more, to give each tenant one")
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="bench-") as folder:
        waits = _measure(Path(folder), rounds=options.rounds, posts=options.posts)
    page = PAGE_TEXT.format(
        connections=CONNECTIONS,
        deliveries=DELIVERIES,
        rounds=options.rounds,
        posts=options.posts,
        rows="\n".join(_rows(waits)),
    )
    PAGE.write_text(page)
    print(PAGE.relative_to(ROOT), file=sys.stderr)


def _measure(folder: Path, *, rounds: int, posts: int) -> dict[Scene, list[list[float]]]:
    """The seconds to each row, by scene and round."""
    payloads, new = write_payloads(folder, count=DUE_QUOTES * 2, new=rounds * posts * len(SCENES))
    (folder / "tenants.yml").write_text(
        f"{NOISY}:\n  SIGHTEN_HOME: {folder}/prepared\n{TIMED}:\n  SIGHTEN_HOME: {folder}/timed\n"
    )
    timed = _filled(folder, TIMED, folder / "timed", payloads, count=DELIVERIES)
    prepared = _filled(folder, NOISY, folder / "prepared", payloads, count=DUE_QUOTES * 2)
    found: dict[Scene, list[list[float]]] = defaultdict(list)
    for number in range(rounds):
        for place, scene in enumerate(SCENES):
            bodies = list(lines(new, (number * len(SCENES) + place) * posts, posts))
            with _noise(folder, prepared, scene):
                found[scene].append(_time(timed, bodies, scene))
            print(*scene.cells, f"{statistics.median(found[scene][-1]):.2f} s", file=sys.stderr)
    return found


def _filled(folder: Path, name: str, home: Path, payloads: Path, *, count: int) -> TenantHome:
    filled = TenantHome(home, folder / "tenants.yml", name)
    filled.land(lines(payloads, 0, count))
    filled.run("load")
    filled.run("publish")
    return filled


def _time(home: TenantHome, bodies: Sequence[bytes], scene: Scene) -> list[float]:
    port = free_port()
    with _serving(scene, home, "receive", "--port", str(port)), _serving(scene, home, "run", "--follow"):
        until(lambda: answers(port), "the receiver answers")
        return [seconds_to_row(home, port, body, pause=PAUSE_SECONDS) for body in bodies]


@contextmanager
def _noise(folder: Path, prepared: TenantHome, scene: Scene) -> Iterator[None]:
    """Let the scene happen to a copy of the noisy tenant's home."""
    home = TenantHome(prepared.copy_to(folder / "noisy").folder, folder / f"{NOISY}.yml", NOISY)
    port, api = free_port(), free_port()
    given = f"  SIGHTEN_API_URL: http://127.0.0.1:{api}\n  SIGHTEN_API_TOKEN: ${{TOKEN}}\n" if scene.api else ""
    home.file.write_text(f"{NOISY}:\n  SIGHTEN_HOME: {home.folder}\n{given}")
    with ExitStack() as stack:
        if scene.stranger:
            stack.enter_context(_client(scene, folder, "computing"))
        if scene.api:
            stack.enter_context(_client(scene, folder, "silence", str(api)))
            until(lambda: answers(api), "the silent API listens")
        stack.enter_context(_serving(scene, home, "receive", "--port", str(port)))
        stack.enter_context(_serving(scene, home, "run", "--follow", TOKEN="of the benchmark"))  # noqa: S106  (nobody's)
        until(lambda: answers(port), "the noisy receiver answers")
        if scene.sends:
            stack.enter_context(
                _client(scene, folder, "flood", str(port), scene.sends, str(folder / "payloads.ndjson"))
            )
        yield


@contextmanager
def _serving(scene: Scene, home: TenantHome, *arguments: str, **variables: str) -> Iterator[None]:
    command = [COMMAND, *arguments]
    # A follower completes the calls to its API before it ends, and that of the noisy tenant never answers.
    end = signal.SIGKILL if home.name == NOISY else signal.SIGTERM
    log = home.folder / f"{arguments[0]}.log"
    with running(command, log=log, env=home.env | variables, cores=scene.cores(home.name), end=end):
        yield


@contextmanager
def _client(scene: Scene, folder: Path, *arguments: str) -> Iterator[None]:
    """A process outside the product: who sends to the noisy tenant, or its API."""
    command = [sys.executable, "-m", "benchmarks.neighbours", *arguments]
    env, cores = PLAIN | {"PYTHONPATH": str(ROOT)}, scene.cores(NOISY)
    with running(command, log=folder / f"{arguments[0]}.log", env=env, cores=cores):
        yield


def _rows(waits: dict[Scene, list[list[float]]]) -> Iterator[str]:
    for scene, rounds in waits.items():
        quiet = [statistics.median(found) for found in waits[replace(SCENES[0], one_each=scene.one_each)]]
        every = [wait for found in rounds for wait in found]
        ratios = [statistics.median(found) / alone for found, alone in zip(rounds, quiet, strict=True)]
        figures = (statistics.median(every), p95(every), statistics.median(ratios), max(ratios))
        yield f"| {' | '.join((*scene.cells, *(f'{figure:.2f}' for figure in figures)))} |"


if __name__ == "__main__":
    main()

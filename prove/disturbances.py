"""What happens to the machine and the API while the actors run: each lasts for a while, then all is well again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from prove.command import Run, start
from prove.home import TOKEN, Home
from prove.machine_clock import MachineClock
from prove.stage import Stage

LASTS_S = 1.5
BETWEEN_S = 2.0
JUMPS_S = (-30 * 86400, -86400, -3600, -30, 30, 3600, 86400, 30 * 86400)
READ_ONLY = 0o500
MOODS = {
    "the API is slow": ("--fault-slow", "0.6", "--slow-seconds", "1"),
    "the API lies": (
        *("--fault-truncated", "0.15", "--fault-broken-json", "0.1", "--fault-html", "0.15", "--fault-empty", "0.15"),
        *("--trouble", "truncated", "0.3", "--redirect-to", "private"),
    ),
    "the API refuses": ("--fault-500", "0.3", "--fault-429", "0.3", "--fault-403", "0.1"),
}


@dataclass
class Api:
    """The simulated Sighten's API in a process of its own."""

    port: int
    seed: int
    milestones: int
    folder: Path
    process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, mood: Sequence[str] = ()) -> None:
        """Serve, in that mood."""
        world = ("--seed", str(self.seed), "--milestones", str(self.milestones), "--token", TOKEN)
        arguments = ("simulate", "serve", "--port", str(self.port), *world, *mood)
        self.process = start(Run("api", arguments, {}, self.folder / "api.log"))

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    @contextmanager
    def in_mood(self, name: str) -> Iterator[None]:
        """Serve in that mood in this context; as always if it has no name."""
        if name:
            self.kill()
            self.start(MOODS[name])
        try:
            yield
        finally:
            if name:
                self.kill()
                self.start()


class Disturbances:
    """Disturbs one thing after another; `step` begins and ends them."""

    def __init__(self, home: Home, stage: Stage, api: Api, clock: MachineClock, random: Random) -> None:
        self._home, self._stage, self._api, self._clock, self._random = home, stage, api, clock, random
        self._running = ExitStack()
        self._changes_at = BETWEEN_S
        self._is_on = False
        self._waiting: list[Callable[[], Iterator[str]]] = []

    def step(self, now: float) -> None:
        """Begin or end a disturbance if it is time; `now` is in seconds since the life began."""
        if now < self._changes_at:
            return
        if self._is_on:
            self.stop()
        else:
            name = self._running.enter_context(contextmanager(self._next())())
            self._stage.figures.count("disturbances", name)
            self._is_on = True
        self._changes_at = now + (LASTS_S if self._is_on else BETWEEN_S)

    def stop(self) -> None:
        """Let all be well again."""
        self._running.close()
        self._is_on = False

    def _next(self) -> Callable[[], Iterator[str]]:
        if not self._waiting:
            kinds = [self._full_disk, self._read_only, self._dead_api, *(self._mood(name) for name in MOODS)]
            self._waiting = [*kinds, self._jump, self._jump] if self._clock.can_jump else kinds
            self._random.shuffle(self._waiting)
        return self._waiting.pop()

    def _full_disk(self) -> Iterator[str]:
        with self._home.full(self._stage.processes) as how:
            yield f"disk full ({how})"

    def _read_only(self) -> Iterator[str]:
        layout = self._home.settings.layout
        folders = (
            layout.root,
            layout.landing,
            layout.lake,
            layout.commits,
            layout.prepared,
            layout.versions,
            layout.work,
        )
        found = [folder for folder in (*folders, *layout.landing.glob("received_date=*")) if folder.is_dir()]
        folder = self._random.choice(found).resolve()
        mode = folder.stat().st_mode
        folder.chmod(READ_ONLY)
        yield "a read-only folder (permissions, which bind the processes even as root)"
        with suppress(FileNotFoundError):  # an old lake is removed
            folder.chmod(mode)

    def _dead_api(self) -> Iterator[str]:
        self._api.kill()
        yield "the API is dead"
        self._api.start()

    def _mood(self, name: str) -> Callable[[], Iterator[str]]:
        def moody() -> Iterator[str]:
            with self._api.in_mood(name):
                yield name

        return moody

    def _jump(self) -> Iterator[str]:
        seconds = self._random.choice(JUMPS_S)
        self._clock.jump(seconds)
        yield f"the clock jumps {'ahead' if seconds > 0 else 'back'}, and then back again"
        self._clock.jump(0)

"""Harm without chance: each command dies at every point that it reaches, once, and runs again, one after another.

What happens once in the life of a home, as a new key, is hardly ever struck at random.
"""

import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from devstack.waiting import wait_until
from prove.actors import SUBJECT
from prove.command import Run, start
from prove.endings import judge
from prove.fates import read_new_lines
from prove.faults import SIGNALS, AllBut, Fault, Strike
from prove.home import Home
from prove.life import Scene, free_ports, is_free
from prove.restored import BACKUPS, check_restored
from prove.route import BESIDE, ROUTE, Stride, write_past
from prove.sender import AT_ONCE, Sender
from prove.steps import Operator, ailments
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery

STARTS_WITHIN_S = 30.0
A_SECOND = 100.0


def walk(scene: Scene, route: Sequence[Stride] = ROUTE, *, strike: Strike = "kill") -> None:
    """Deliver half of the plan to a receiver, put the rest into files, and go through the route."""
    walker = _Walker(scene, strike)
    half, rest = len(scene.plan) // 2, len(scene.plan) * 3 // 4
    write_past(scene.folder / "old", scene.plan[half:rest])
    write_past(scene.folder / "new", scene.plan[rest:])
    walker.receive(scene.plan[:half])
    for stride in route:
        walker.take(stride)
    if BESIDE in {stride.home for stride in route}:
        walker.check_beside()


class _Walker:
    def __init__(self, scene: Scene, strike: Strike) -> None:
        self._scene = scene
        self._strike = strike
        self._struck: set[str] = set()
        self._journal_read = 0
        self._operator = Operator(scene.home, scene.folder)

    def receive(self, plan: Sequence[PlannedDelivery]) -> None:
        """Deliver the plan from its beginning, until a receiver took all of it and came to no new point."""
        [port] = free_ports(self._scene.random, 1)
        scene = self._scene
        sender = Sender(scene.home, port, plan, scene.acknowledged, scene.clock, rate=A_SECOND, retries=0)
        is_struck = True
        while is_struck:
            output = scene.folder / f"receiver-{scene.figures.starts}.log"
            run = Run("receiver", ("receive", "--port", str(port)), scene.home.env, output)
            process = start(run, fault=self._fault(), journal=self._operator.journal)
            wait_until(
                partial(_has_begun, process, port),
                what=f"{output}: a receiver that answers or ends",
                seconds=STARTS_WITHIN_S,
                every=0.02,
            )
            for first in range(0, len(plan), AT_ONCE):
                if process.is_alive():
                    sender.send(plan[first : first + AT_ONCE])
            process.terminate()
            process.join()
            is_struck = self._note("receiver", process.exitcode, output)
        scene.figures.sent_again += sender.refused

    def take(self, stride: Stride) -> None:
        """Run the command again and again, until it comes to no new point."""
        folder = self._scene.folder
        subject = self._scene.subjects.next() if SUBJECT in stride.command else ""
        words = {name: folder / name for name in ("old", "new", BACKUPS)} | {"subject": subject}
        arguments = [argument.format_map(words) for argument in stride.command]
        operator = self._operator_of(stride.home)
        stride.damage(operator.home.settings.layout, folder)
        is_struck = True
        with self._scene.api.in_mood(stride.mood):
            while is_struck:
                answer = operator.run(*arguments, fault=self._fault(refused=stride.refused))
                is_struck = self._note(stride.actor, answer.exit_code, answer.output)
                if stride.actor == "restore":
                    check_restored(operator.home.folder / "home", self._scene.figures)

    def check_beside(self) -> None:
        """The second home must be whole too."""
        operator = self._operator_of(BESIDE)
        for command in ("load", "publish"):
            operator.run(command)
        answer = operator.run("status", "--json", "--deep")
        if found := ailments(answer):
            self._scene.figures.breaks("a second home is whole", "; ".join(found), answer.output)

    def _operator_of(self, name: str) -> Operator:
        if not name:
            return self._operator
        return replace(
            self._operator, home=Home(self._scene.folder / name, is_mounted=False, api_url=self._scene.api.url)
        )

    def _fault(self, *, refused: str = "") -> Fault:
        return Fault(self._strike, AllBut(frozenset(self._struck)), refused=refused)

    def _note(self, actor: str, exit_code: int | None, output: Path) -> bool:
        """Count the points that the run reached, and judge how it ended; return whether it was struck."""
        figures = self._scene.figures
        lines, self._journal_read = read_new_lines(self._operator.journal, after=self._journal_read)
        struck = {point for _, what, point in lines if what == "struck"}
        for _, _, point in lines:
            figures.points.setdefault(f"{actor}: {point}", 0)
        for point in struck:
            figures.count("points", f"{actor}: {point}")
            figures.count("kills", f"{actor}, {SIGNALS[self._strike].name} at a point")
        self._struck |= struck
        figures.starts += 1
        judge(figures, output.stem, exit_code, output, is_harmed=bool(struck) or exit_code == -signal.SIGTERM)
        return bool(struck)


def _has_begun(process: ForkServerProcess, port: int) -> bool:
    """Whether the receiver listens, or has ended."""
    return not process.is_alive() or not is_free(port)

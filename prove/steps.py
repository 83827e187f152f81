"""Commands that an operator runs, one at a time, and what they printed."""

import json
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from prove.command import Run, start
from prove.faults import Fault
from prove.home import Home

WITHIN_S = 300.0
ILL = ("pending", "unpublished", "left_out", "quarantine", "damaged_history", "differing")


@dataclass(frozen=True)
class Answer:
    """What a command returned and printed; `output` is the file that holds it."""

    exit_code: int
    text: str
    output: Path


def ailments(answer: Answer) -> list[str]:
    """What is wrong with the home, by the answer of `status --json --deep`; a small disk is not."""
    try:
        status = json.loads(answer.text[answer.text.index("{\n") : answer.text.rindex("\n}") + 2])
    except ValueError:
        return [f"no status: {answer.text.strip()[-300:]}"]
    wrong = {name: status[name] for name in ILL if status[name]} | {"damaged": status["landing"]["damaged"]}
    found = [f"{name}: {facts}" for name, facts in wrong.items() if facts]
    return found if status["balanced"] else ["the balance is broken", *found]


@dataclass
class Operator:
    """Runs commands in one home."""

    home: Home
    folder: Path
    _numbers: count = field(default_factory=count)  # type: ignore[type-arg, unused-ignore]

    @property
    def journal(self) -> Path:
        """Where runs with a fault write the points that they reach."""
        return self.folder / "walked"

    def run(self, *arguments: str, fault: Fault | None = None) -> Answer:
        """Run the command to its end, or to its fault."""
        output = self.folder / f"operator-{next(self._numbers):03}-{arguments[0]}.log"
        run = Run(f"operator {arguments[0]}", arguments, self.home.env, output)
        process = start(run, fault=fault, journal=self.journal)
        process.join(WITHIN_S)
        if process.is_alive():
            process.kill()
            process.join()
        return Answer(process.exitcode or 0, output.read_text(errors="replace"), output)

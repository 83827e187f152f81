"""What the commands cost on a home of a few hundred milestones."""

from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.homes import Home
from benchmarks.measure import Measured, median
from benchmarks.payloads import lines, write_payloads

DELIVERIES = 800
QUESTION = "select name, count(*) from marts.approval_cycles group by name"
MOST_CPU = {"status": 0.5, "query": 0.5, "load": 0.8, "publish": 1.5}


def measure(folder: Path, *, rounds: int) -> list[Figure]:
    """Land one delivery and run each command, several times."""
    home = Home(folder / "home")
    payloads, new = write_payloads(folder, count=DELIVERIES, new=rounds)
    home.land(lines(payloads, 0, DELIVERIES))
    home.run("load")
    home.run("publish")
    runs: dict[str, list[Measured]] = {name: [] for name in MOST_CPU}
    for number in range(rounds):
        home.land(lines(new, number, 1))
        for name, arguments in (("load", ()), ("publish", ()), ("status", ()), ("query", (QUESTION,))):
            runs[name].append(home.run(name, *arguments))
    return [
        Figure(f"small_{name}", f"small home: `{name}`, CPU", median(runs[name]).cpu, "s", at_most=most)
        for name, most in MOST_CPU.items()
    ]

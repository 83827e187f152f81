"""`python -m benchmarks.scaling`: simulate busy hours from measured costs, and write the tables of docs/scaling.md."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import quantiles

from benchmarks.costs import MANY, Costs, line, measured
from benchmarks.figures import number
from benchmarks.runs import Run, read_runs

PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"
PEAK = 4  # times the day's mean rate, in its busiest hour
HOUR = 3_600.0
DELIVERIES_A_DAY = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DAYS = {"a month": 30, "a year": 365, "ten years": 3_650}
TENANTS = (10, 100, 1_000)
A_TENANT_A_DAY = (20, 200, 2_000)
PUBLISHED_EVERY = (30, 300)


@dataclass(frozen=True)
class Hour:
    """The busiest hour of one home: its latencies from webhook to row in seconds, and its share of two cores."""

    p50: float
    p95: float
    cores: float
    keeps_up: bool


def simulate(costs: Costs, *, deliveries_a_day: int, home: float, seed: int = 1) -> Hour:
    """`run --follow` in its busiest hour: what arrived during a publish is loaded and published by the next.

    Loading and publishing are one after the other here, and a second of CPU is a second: the real one overlaps them.
    """
    random, rate = Random(seed), deliveries_a_day * PEAK / 86_400
    now, busy, arrived_since = 0.0, 0.0, 0.0
    latencies: list[float] = []
    while now < HOUR:
        new = _arrivals(random, rate * (now - arrived_since))
        if not new:
            now += random.expovariate(rate)  # it sleeps until one comes
            new, arrived_since = 1, now
        cpu = costs.load(new) + costs.publish(new, home)
        took = cpu + line(costs.copy, home)
        waited = now - arrived_since
        latencies += [took + random.uniform(0, waited) for _ in range(min(max(new, 2), 100))]
        arrived_since, now, busy = now, now + took, busy + cpu
    cuts = quantiles(latencies, n=20)
    return Hour(cuts[9], cuts[18], busy / now, keeps_up=cuts[18] < HOUR / 4)


def _arrivals(random: Random, expected: float) -> int:
    """How many come where that many are expected."""
    return max(0, round(random.gauss(expected, expected**0.5))) if expected else 0


def core(costs: Costs) -> Iterable[Sequence[str]]:
    """A row for each kind of work: what a core does of it, and what it grows with."""
    small, large = min(costs.publish_one), max(costs.publish_one)
    of = f"homes of {small:,} and {large:,}"
    each = {home: (costs.publish_many[home] - costs.publish_one[home]) / (MANY - 1) for home in (small, large)}
    yield "receive, with HMAC", f"{number(costs.receiver_rate)} deliveries a second", "deliveries"
    yield "load, clean payloads", f"{number(1 / costs.load_each)} a second", "new deliveries"
    yield "publish one", f"{_both(costs.publish_one)} s, {of}", "the home, slowly"
    yield (
        "publish each further one",
        f"{_both({home: 1e3 * each[home] for home in each})} ms",
        "new deliveries, and the home",
    )
    yield "make all anew", f"{number(costs.publish_all[large] / large * 1e3)} ms a delivery", "the home"
    yield "copy the file", f"{_both(costs.copy)} s", "the home; nothing where files can share blocks"


def _both(by_home: Mapping[int, float]) -> str:
    return f"{number(by_home[min(by_home)])} and {number(by_home[max(by_home)])}"


def homes(costs: Costs) -> Iterable[Sequence[str]]:
    """A row for each number of deliveries a day and age of the home."""
    for a_day in DELIVERIES_A_DAY:
        for age, days in DAYS.items():
            home = a_day * days
            hour = simulate(costs, deliveries_a_day=a_day, home=home)
            yield (
                f"{a_day:,}",
                age,
                f"{home:,}" + ("" if home <= max(costs.file_bytes) else " *"),
                size(line(costs.file_bytes, home)),
                size(costs.payload_bytes * home),
                f"{number(hour.p50)} s, {number(hour.p95)} s" if hour.keeps_up else "does not keep up",
                number(hour.cores),
                f"{max(1, round(a_day * PEAK / 86_400 / costs.receiver_rate + 0.5))}",
            )


def tenants(costs: Costs) -> Iterable[Sequence[str]]:
    """A row for each number of tenants and deliveries of each: the cores that all need in their busiest hour."""
    for count in TENANTS:
        for a_day in A_TENANT_A_DAY:
            arrive = a_day * PEAK / 24
            cores = []
            for every in PUBLISHED_EVERY:
                publishes = min(arrive, HOUR / every)
                new = max(1, round(arrive / publishes))
                cores.append(count * publishes * (costs.load(new) + costs.publish(new, a_day * 365)) / HOUR)
            yield (f"{count:,}", f"{a_day:,}", *(number(each) for each in cores))


def size(number_of_bytes: float) -> str:
    """In the largest unit of which there is one."""
    for unit, factor in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9)):
        if number_of_bytes >= factor:
            return f"{number(number_of_bytes / factor)} {unit}"
    return f"{number(number_of_bytes / 1e6)} MB"


def tables(costs: Costs) -> dict[str, str]:
    """The tables of the page, by name."""
    head = (
        "deliveries a day",
        "kept for",
        "deliveries in the home",
        "`warehouse.duckdb`",
        "bodies",
        "webhook to row, p50 and p95",
        "cores",
        "receivers",
    )
    every = (f"cores, published within {seconds} s" for seconds in PUBLISHED_EVERY)
    return {
        "core": _table(("work", "by one core", "grows with"), core(costs)),
        "homes": _table(head, homes(costs)),
        "tenants": _table(("tenants", "deliveries of each a day", *every), tenants(costs)),
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"|{'|'.join(cells)}|\n" for cells in (head, ["---"] * len(head), *rows))


def fill(page: str, costs: Costs) -> str:
    """The page with these tables between its marks."""
    for name, table in tables(costs).items():
        page, found = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda match, table=table: match[1] + table + match[2],
            page,
            flags=re.DOTALL,
        )
        if not found:
            raise ValueError(f"{PAGE}: expected the mark <!-- {name} -->")
    return page


def write_scaling(run: Run) -> None:
    """Write the page anew from that run."""
    PAGE.write_text(fill(PAGE.read_text(), measured(run)))


if __name__ == "__main__":
    write_scaling(read_runs()[-1])

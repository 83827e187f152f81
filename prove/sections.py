"""The report as sections of rows, for terminal, page and Markdown alike."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prove.figures import Figures

SIGNALS = ("SIGKILL at a point", "SIGKILL at random", "SIGTERM at a point", "SIGTERM at random")


@dataclass(frozen=True)
class Section:
    """A table with its title."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def verdict(figures: Figures) -> str:
    """The outcome in one sentence."""
    number = len(figures.broken)
    outcome = f"{number} promise{'s' if number > 1 else ''} broke" if number else "every promise held"
    return (
        f"{figures.killed:,} kills in {figures.lives:,} lives of a home, {figures.acknowledged:,} deliveries"
        f" acknowledged: {figures.lost:,} lost, {figures.doubled:,} doubled, {figures.mixed_reads:,} mixed reads;"
        f" {outcome}."
    )


def sections(figures: Figures, *, lists_points: bool) -> Iterator[Section]:
    """Every section that has rows; of the points, each one or how many there are."""
    points = _points(figures) if lists_points else _points_by_process(figures)
    for section in (_promises(figures), _broken(figures), _kills(figures), _harm(figures), points):
        if section.rows:
            yield section


def _promises(figures: Figures) -> Section:
    rows = [
        ("deliveries acknowledged, by a log synced by the sender", f"{figures.acknowledged:,}"),
        ("of these lost", f"{figures.lost:,}"),
        ("doubled: landed, or counted in the warehouse, more than once", f"{figures.doubled:,}"),
        ("deliveries landed, with those whose acknowledgement did not arrive", f"{figures.landed:,}"),
        ("of these erased, as was asked for", f"{figures.erased:,}"),
        ("homes restored from a backup, and compared with it", f"{figures.restored:,}"),
        ("attempts that were not acknowledged", f"{figures.sent_again:,}"),
        (f"readings of {figures.versions_read:,} versions", f"{figures.reads:,}"),
        ("of these mixed, or refused", f"{figures.mixed_reads:,}"),
        ("slowest reading, s", f"{figures.slowest_read_s:.2f}"),
        (f"homes of {figures.lives:,} whose balance held, with the rows of a fresh home", f"{figures.balances:,}"),
        ("runs of commands", f"{figures.starts:,}"),
        ("of these ended with an error in words and exit code 1", f"{figures.explained:,}"),
        *((f"damage healed by {healer}", f"{times:,}") for healer, times in sorted(figures.healed.items())),
        ("minutes", f"{figures.seconds / 60:,.1f}"),
    ]
    return Section("Promises", ("what", "count"), rows)


def _broken(figures: Figures) -> Section:
    rows = [(broken.promise, broken.what, broken.evidence) for broken in figures.broken]
    return Section("Broken promises", ("promise", "what happened", "evidence"), rows)


def _kills(figures: Figures) -> Section:
    by_actor: dict[str, Counter[str]] = {}
    for name, times in figures.kills.items():
        actor, _, kind = name.partition(", ")
        by_actor.setdefault(actor, Counter())[kind] += times
    rows = [
        (actor, *(f"{kinds[kind]:,}" for kind in SIGNALS), f"{kinds.total():,}")
        for actor, kinds in sorted(by_actor.items())
    ]
    return Section("Kills", ("process", *SIGNALS, "all"), rows)


def _harm(figures: Figures) -> Section:
    errors = [(f"{name} (injected)", f"{times:,}") for name, times in sorted(figures.errors.items())]
    return Section(
        "Other faults",
        ("fault", "times"),
        [*((name, f"{times:,}") for name, times in sorted(figures.disturbances.items())), *errors],
    )


def _points(figures: Figures) -> Section:
    rows = []
    for name, times in sorted(figures.points.items()):
        actor, _, point = name.partition(": ")
        rows.append((actor, point, f"{times:,}" if times else "not yet"))
    struck = sum(map(bool, figures.points.values()))
    return Section(f"Points: {struck:,} of {len(rows):,} struck", ("process", "point", "kills"), rows)


def _points_by_process(figures: Figures) -> Section:
    points, struck = Counter[str](), Counter[str]()
    for name, times in figures.points.items():
        process = name.partition(": ")[0]
        points[process] += 1
        struck[process] += bool(times)
    rows = [(process, f"{struck[process]:,}", f"{number:,}") for process, number in sorted(points.items())]
    everywhere = {name.partition(": ")[2] for name in figures.points}
    somewhere = {name.partition(": ")[2] for name, times in figures.points.items() if times}
    rows.append(("any of them", f"{len(somewhere):,}", f"{len(everywhere):,}"))
    return Section("Points", ("process", "points at which it was killed", "points that it reached"), rows)

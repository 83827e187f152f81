"""The printed result of an import: a table by kind, a summary, and problems."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from sighten_warehouse.backfill.files.tally import Tally
from sighten_warehouse.escaping import printable

MAX_PROBLEMS = 20
_TIME_SOURCES = {
    "field": "a field",
    "name": "the path",
    "file": "the file's time",
    "run": "the time of this run",
    "landing line": "their landing lines",
}


def kinds_table(tally: Tally, *, dry_run: bool) -> Table:
    """Count bodies by file and kind, or by kind alone if there are many files."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "kind"):
        table.add_column(column, overflow="fold")
    for column in ("texts", "bodies", "bytes", "would be landed" if dry_run else "landed"):
        table.add_column(column, justify="right")
    for (path, kind), counts in sorted(tally.kinds.items()):
        numbers = (counts.files, counts.bodies, counts.size, counts.new)
        table.add_row(Text(printable(path) or "(all)"), kind, *(f"{number:,}" for number in numbers))
    return table


def summary(tally: Tally, *, dry_run: bool) -> Iterator[str]:
    """What was found and landed."""
    landed = "would be landed" if dry_run else f"landed in {tally.landing_files:,} landing files"
    known = tally.bodies - tally.new
    yield f"{tally.bodies:,} bodies in {tally.files:,} files: {tally.new:,} {landed}, {known:,} were there already"
    if tally.bodies:
        sources = ", ".join(f"{count:,} from {_TIME_SOURCES[source]}" for source, count in sorted(tally.times.items()))
        yield f"time of receiving: {sources}"
    if tally.days:
        yield f"received on {len(tally.days):,} days from {min(tally.days)} to {max(tally.days)}"


def problems(tally: Tally) -> Iterator[str]:
    """What needs attention, one line each."""
    for origin, error in tally.unreadable[:MAX_PROBLEMS]:
        yield printable(f"not read: {origin}: {error}")
    if tally.unreadable_count > MAX_PROBLEMS:
        yield f"not read: {tally.unreadable_count - MAX_PROBLEMS:,} more"
    if tally.without_requested_time:
        first = printable(tally.first_without_requested_time)
        yield (
            f"{tally.without_requested_time:,} bodies have no time between 1970 and now in the given field or path,"
            f" the first in {first}: the next source of times was used"
        )
    if tally.stopped:
        yield "stopped: the bodies so far are landed; run the same command again to resume"

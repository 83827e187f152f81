"""What an import came to, in words for the person who asked for it."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from sighten_warehouse.backfill.files.tally import Tally
from sighten_warehouse.cli.excerpt import printable

MAX_SAID = 20
_BY = {
    "field": "a field",
    "name": "the path",
    "file": "the file's time",
    "run": "the time of this run",
    "landing line": "their landing lines",
}


def kinds(tally: Tally, *, dry_run: bool) -> Table:
    """What was found, by file and kind, or by kind alone where there are many files."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "kind"):
        table.add_column(column, overflow="fold")
    for column in ("texts", "bodies", "bytes", "would be landed" if dry_run else "landed"):
        table.add_column(column, justify="right")
    for (path, kind), held in sorted(tally.kinds.items()):
        numbers = (held.files, held.bodies, held.size, held.new)
        table.add_row(Text(printable(path) or "(all)"), kind, *(f"{number:,}" for number in numbers))
    return table


def summary(tally: Tally, *, dry_run: bool) -> Iterator[str]:
    """What became of it, and what to do next."""
    landed = "would be landed" if dry_run else f"landed in {tally.landing_files:,} landing files"
    known = tally.bodies - tally.new
    yield f"{tally.bodies:,} bodies in {tally.files:,} files: {tally.new:,} {landed}, {known:,} were there already"
    if tally.bodies:
        by = ", ".join(f"{count:,} by {_BY[source]}" for source, count in sorted(tally.times.items()))
        yield f"time of receiving: {by}"
    if tally.days:
        yield f"received on {len(tally.days):,} days from {min(tally.days)} to {max(tally.days)}"
    if tally.new and not dry_run:
        yield "next: sighten-warehouse load"


def to_look_at(tally: Tally) -> Iterator[str]:
    """What somebody has to look at; nothing where all went well."""
    for origin, error in tally.unreadable[:MAX_SAID]:
        yield printable(f"not read: {origin}: {error}")
    if tally.unreadable_count > MAX_SAID:
        yield f"not read: {tally.unreadable_count - MAX_SAID:,} more"
    if tally.without_asked_time:
        first = printable(tally.first_without_asked_time)
        yield (
            f"{tally.without_asked_time:,} bodies lack a time from 1970 until now where it was asked for, the first of"
            f" them in {first}: the next best was taken"
        )
    if tally.stopped:
        yield "stopped; what was read is landed: the same command goes on from there"

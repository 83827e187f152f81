"""How long no webhook came, and how long that usually is at this hour of the week."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import duckdb
import msgspec

from sighten_warehouse.landing.files import read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line
from sighten_warehouse.layout import Layout

WEEKS = 8
MIN_WEEKS = 3
WINDOW = timedelta(hours=2)  # so that a first delivery of the day may be late, or the clocks may change
FACTOR = 3
SHORTEST = timedelta(hours=1)

_MINUTES = "select distinct date_trunc('minute', received_at) as minute from ops.deliveries"
_SINCE = f"{_MINUTES} where source = 'webhook' and received_at > ? order by minute"
_LAST = "select max(received_at) from ops.deliveries where source = 'webhook'"


def published_webhooks(
    connection: duckdb.DuckDBPyConnection, *, now: datetime
) -> tuple[datetime | None, list[datetime]]:
    """The last webhook of a version, and the minutes of the last weeks in which webhooks came."""
    since = now.astimezone(UTC).replace(tzinfo=None) - timedelta(weeks=WEEKS + 1)
    [(last,)] = connection.execute(_LAST).fetchall()
    minutes = connection.execute(_SINCE, [since]).fetchall()
    return last and last.replace(tzinfo=UTC), [minute.replace(tzinfo=UTC) for (minute,) in minutes]


def last_landed_webhook(layout: Layout, names: Sequence[str]) -> datetime | None:
    """When the newest of these landing files that holds a webhook was begun."""
    for name in sorted(names, reverse=True):
        try:
            line = parse_landing_line(next(read_raw_lines(layout.landing / name)))
        except (StopIteration, OSError, msgspec.MsgspecError, ValueError):
            continue  # damaged: `load` and `status` say so
        if line.source == "webhook":
            return datetime.fromisoformat(line.received_at)
    return None


def usual_silence(webhooks: Sequence[datetime], *, now: datetime) -> timedelta | None:
    """The silence at this time of the week that is still usual; None while there is too little history.

    Three times the second longest silence in the two hours up to this time of the week over the last eight weeks, and
    at least an hour: one outage or holiday does not make the next one usual.
    """
    longest = sorted(_longest_silences(webhooks, now=now))
    return max(FACTOR * longest[-2], SHORTEST) if len(longest) >= MIN_WEEKS else None


def _longest_silences(webhooks: Sequence[datetime], *, now: datetime) -> Iterator[timedelta]:
    """The longest silence in the window of each earlier week, as far as webhooks go back."""
    for week in range(1, WEEKS + 1):
        end = now - timedelta(weeks=week)
        first, last = bisect_left(webhooks, end - WINDOW), bisect_left(webhooks, end)
        if first == 0:
            return  # nothing came before this window
        times = [*webhooks[first - 1 : last], end]
        yield max(later - earlier for earlier, later in pairwise(times))

"""What the weekly e-mail says: headings and tables of texts, from which its HTML and its plain text are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

from sighten_warehouse.report.weekly import Row, Weekly

NOTHING = "–"  # noqa: RUF001  (as on the page)
MOST_LETTERS = 60
UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
EVENTS = ("submits", "approvals", "rejections", "deliveries", "quarantined")


@dataclass(frozen=True)
class Section:
    """A table under its heading; the first `texts` columns are texts, the others numbers.

    `bars`: the length of a bar for each row, from 0 to 1; empty if the section has none. `note` stands below.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    bars: Sequence[float] = ()
    note: str = ""
    texts: int = 1


def subject(weekly: Weekly) -> str:
    """One line: the home, the week, and its submits and approvals."""
    week = weekly.weeks[-1]
    return (
        f"[Sighten {weekly.home}] Week of {_day(weekly.first_day)}: "
        f"{_counted(week['submits'], 'submit')}, {_counted(week['approvals'], 'approval')}"
    )


def introduction(weekly: Weekly) -> str:
    """The week and the state of the data, in two sentences."""
    received = weekly.freshness["received_ms"]
    newest = f"the newest delivery arrived on {_moment(received)}" if received is not None else "nothing was delivered"
    return (
        f"{_day(weekly.first_day)} to {_day(weekly.last_day)}, environment {weekly.home}. "
        f"Published on {_moment(weekly.freshness['published_ms'])}; {newest}. Times are UTC."
    )


def figures(weekly: Weekly) -> list[tuple[str, str, str]]:
    """The key figures of the page, over all milestones: name, value, detail."""
    now = weekly.overview
    still_open = f"includes {now['open']:,} still open" if now["open"] else "none still open"
    oldest = now["oldest_seconds"]
    return [
        ("Submitted", f"{now['submitted']:,}", f"of {_counted(now['milestones'], 'milestone')}"),
        ("Approved", f"{now['approved']:,}", f"{_share(now['approved'], now['submitted'])} of submitted"),
        ("Median time to approval", _time(now, "p50_seconds"), still_open),
        ("90th percentile", _time(now, "p90_seconds"), still_open),
        ("First-pass yield", _share(now["first_pass"], now["decided"]), f"of {now['decided']:,} decided"),
        (
            "Pending decision",
            f"{now['pending']:,}",
            "none pending" if oldest is None else f"oldest {duration(oldest)}",
        ),
    ]


def sections(weekly: Weekly) -> list[Section]:
    """The tables, in their order."""
    return [_week(weekly), _weeks(weekly), _months(weekly), _pending(weekly), _tasks(weekly), _findings(weekly)]


def _week(weekly: Weekly) -> Section:
    before, week = weekly.weeks[-2:]
    rows = [
        (name.capitalize(), f"{week[name]:,}", f"{before[name]:,}", _change(week[name] - before[name]))
        for name in EVENTS
    ]
    return Section("Last week", ("", "Last week", "Week before", "Change"), rows)


def _weeks(weekly: Weekly) -> Section:
    most = max(week["approvals"] for week in weekly.weeks)
    rows = [(_day(week["week"]), *(f"{week[name]:,}" for name in EVENTS[:3])) for week in weekly.weeks]
    head = ("Week of", "Submits", "Approvals", "Rejections")
    bars = [week["approvals"] / most for week in weekly.weeks] if most else []
    return Section("Week by week", head, rows, bars, "The bars are approvals." if most else "")


def _months(weekly: Weekly) -> Section:
    longest = max((_lower_bound(month, "p50_seconds") or 0 for month in weekly.months), default=0) or 1
    rows = [
        (
            f"{month['month']:%b %Y}",
            f"{month['milestones']:,}",
            f"{month['open']:,}",
            _time(month, "p50_seconds"),
            _time(month, "p90_seconds"),
        )
        for month in weekly.months
    ]
    bars = [(_lower_bound(month, "p50_seconds") or 0) / longest for month in weekly.months]
    head = ("Month of first submit", "Submitted", "Still open", "Median", "90th percentile")
    note = "The bars are medians. Milestones still open count with their time so far; ≥ is a lower bound."
    return Section("Time to approval by month", head, rows, bars, note)


def _pending(weekly: Weekly) -> Section:
    rows = [
        (
            f"{_short(one['name'])} ({one['milestone_id'][:8]})",
            _short(one["organization_name"]),
            duration(one["age_seconds"]),
        )
        for one in weekly.pending
    ]
    return Section("Longest pending", ("Milestone", "Organization", "Pending for"), rows, texts=2)


def _tasks(weekly: Weekly) -> Section:
    rows = [(_short(task["task"]), f"{task['last_open']:,}", f"{task['open']:,}") for task in weekly.tasks]
    return Section("Tasks that hold milestones up", ("Task", "Last open task", "Open"), rows)


def _findings(weekly: Weekly) -> Section:
    found = weekly.overview
    rows = [
        ("Quarantined deliveries without a decision", f"{found['quarantined']:,}"),
        ("Kinds of drift that nobody has acknowledged", f"{found['drift']:,}"),
        ("Checks with a warning", f"{found['warnings']:,}"),
    ]
    return Section("To look at", ("", "Now"), rows)


def duration(seconds: float | None) -> str:
    """`5 d 2 h`: the two largest units, days alone from 100 d; as the page shows it."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return "under 1 s"
    if seconds >= 100 * 86400:
        return f"{_rounded(seconds / 86400):,} d"
    for (unit, size), (smaller_unit, smaller_size) in pairwise(UNITS):
        whole, rest = divmod(_rounded(seconds / smaller_size), size // smaller_size)
        if whole:
            return f"{whole} {unit}" + (f" {rest} {smaller_unit}" if rest else "")
    return f"{_rounded(seconds)} s"


def _rounded(value: float) -> int:
    return int(value + 0.5)  # as JavaScript rounds


def _time(row: Row, name: str) -> str:
    seconds = _lower_bound(row, name)
    return ("≥ " if row[name] is None and seconds is not None else "") + duration(seconds)


def _lower_bound(row: Row, name: str) -> float | None:
    """The percentile; while too many are open to reach it, that of the approved ones alone."""
    value: float | None = row[name] if row[name] is not None else row[f"{name}_of_approved"]
    return value


def _share(part: int, whole: int) -> str:
    if not whole:
        return NOTHING
    value = 100 * part / whole
    return f"{value:.1f} %" if 0 < value < 10 else f"{_rounded(value)} %"  # noqa: PLR2004  (two digits in any case)


def _change(difference: int) -> str:
    return f"{difference:+,}" if difference else "0"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _short(name: str | None) -> str:
    text = " ".join((name or NOTHING).split())
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _moment(ms: int) -> str:
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{_day(at)}, {at:%H:%M}"

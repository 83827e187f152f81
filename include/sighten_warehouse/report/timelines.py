"""Lists and timelines of single milestones."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sighten_warehouse.report.source import ReportSource

MAX_FOUND = 50
SORTS = ("waiting", "slowest", "rejections", "newest")


@dataclass(frozen=True)
class Filters:
    """Filters of a list of milestones; None matches any, days count from 1970-01-01."""

    definition_id: str | None = None
    organization_id: str | None = None
    first_day: int | None = None
    last_day: int | None = None
    state: str | None = None
    text: str | None = None
    milestone_ids: Sequence[str] | None = None
    sort: str = "newest"
    max_rows: int = MAX_FOUND
    skipped: int = 0


def find(source: ReportSource, filters: Filters) -> list[dict[str, Any]]:
    """One page of the matching milestones; `found` in each row is the number of all matches."""
    found: list[dict[str, Any]] = source.table("found", **asdict(filters)).to_pylist()
    return found


def found_milestones(source: ReportSource, milestone_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those milestones, in the form of `find`."""
    return find(source, Filters(milestone_ids=milestone_ids, max_rows=len(milestone_ids)))


def timelines(source: ReportSource, milestone_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of each of those milestones that exists: `facts`, `timeline` in order of time, and `work` by task."""
    timeline, work = _by_milestone(source, "timeline", milestone_ids), _by_milestone(source, "work", milestone_ids)
    return {
        facts["milestone_id"]: {
            "facts": facts,
            "timeline": timeline[facts["milestone_id"]],
            "work": work[facts["milestone_id"]],
        }
        for facts in source.table("facts", milestone_ids=list(milestone_ids)).to_pylist()
    }


def _by_milestone(source: ReportSource, query: str, milestone_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The query's rows by milestone, without NULLs."""
    rows = defaultdict(list)
    for row in source.table(query, milestone_ids=list(milestone_ids)).to_pylist():
        rows[row.pop("milestone_id")].append({name: value for name, value in row.items() if value is not None})
    return rows

"""Which days of history a run is for, and how it ends if not all of its day could be landed."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime

from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.dag_defaults import Counts
from sighten_warehouse.backfilling.results import PullResult
from sighten_warehouse.errors import ApiUnavailableError


def day_of(data_interval_start: datetime | None) -> date:
    """The day (UTC) that the run is for.

    Raises:
        AirflowFailException: it is for none.
    """
    if data_interval_start is None:
        raise AirflowFailException("this run is for no day; expected one of a backfill, or one with a logical date")
    return data_interval_start.date()


def days_compared(params: Mapping[str, int] | None) -> int:
    """How many days back a run compares what changed with what was delivered.

    Raises:
        AirflowFailException: somebody gave a parameter that there is none of.
    """
    given = dict(params or {})
    if given.keys() != {"days"}:
        raise AirflowFailException(f"parameters: expected days, and no other (got {', '.join(given) or 'none'})")
    return given["days"]


def tell_day(result: PullResult, *, day: date) -> Counts:
    """What came of it, for people to read. A day that is not done fails its run, so that the next backfill redoes it.

    Raises:
        ApiUnavailableError: the API stopped answering, so that Airflow tries again.
        AirflowFailException: sites failed although each was asked again; the rest of the day is landed.
    """
    done = f"{result.landed + result.done_before} of {result.expected} sites of {day} are landed"
    if result.left:
        raise ApiUnavailableError(f"{done}, {result.left} are left: {result.problem}")
    if result.failed:
        again = (
            "a backfill with --reprocess-behavior failed, or `sighten-warehouse backfill retry`, asks for these only"
        )
        raise AirflowFailException(f"{done}, {result.failed} failed: {result.problem}; {again}")
    return asdict(result)

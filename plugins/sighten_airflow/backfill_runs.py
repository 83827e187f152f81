"""The day that a backfill run is for, and how the run ends if some of its sites did not land."""

from dataclasses import asdict
from datetime import date, datetime

from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.dag_defaults import Counts
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.errors import ApiUnavailableError


def run_day(data_interval_start: datetime | None) -> date:
    """The day (UTC) of the run.

    Raises:
        AirflowFailException: the run has no data interval.
    """
    if data_interval_start is None:
        raise AirflowFailException("this run has no day; expected a run of a backfill, or one with a logical date")
    return data_interval_start.date()


def report_day(result: PullResult, *, day: date) -> Counts:
    """Return the result as counts for XCom; fail the run of an incomplete day, so that the next backfill retries it.

    Raises:
        ApiUnavailableError: the API stopped answering, so that Airflow retries.
        AirflowFailException: sites failed twice; the rest of the day is landed.
    """
    landed = f"{result.landed + result.done_before} of {result.expected} sites of {day} are landed"
    if result.left:
        raise ApiUnavailableError(f"{landed}, {result.left} are left: {result.problem}")
    if result.failed:
        retry = "to retry these, use a backfill with --reprocess-behavior failed or `sighten-warehouse backfill retry`"
        raise AirflowFailException(f"{landed}, {result.failed} failed: {result.problem}; {retry}")
    return asdict(result)

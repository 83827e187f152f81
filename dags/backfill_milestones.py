"""### Milestones of the past, day by day, by Airflow's own backfill

`airflow backfill create --dag-id backfill_milestones --from-date 2018-01-01 --to-date 2018-12-31`, or in the UI
Trigger, Backfill. Each run takes one day: the sites that were last updated on it, and all that REST tells of them.
Sites that are landed already are not asked for again, so days may be run in any order, twice, or again after a crash.
What is landed is loaded and published by `load_milestones` and `publish_warehouse`.

One day at a time is pulled, however many runs are active, and its calls come after those of live work. A day of which a
site failed is a failed run: a backfill with `--reprocess-behavior failed` takes these days, and of them what failed. No
run ever begins by itself.
"""

from datetime import datetime

from airflow.sdk import dag, task

from sighten_airflow.asking import asking
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, Counts
from sighten_airflow.history import day_of, tell_day
from sighten_airflow.timetable import DaysOfHistory


@dag(schedule=DaysOfHistory(), doc_md=__doc__, **DAG_DEFAULTS)
def backfill_milestones() -> None:
    """The step from a day of history to what REST tells of it."""

    # One at a time leaves the pool's other slots to live work; the API's budget would not let two be faster.
    @task(pool=API_POOL, max_active_tis_per_dag=1)
    def pull(data_interval_start: datetime | None = None) -> Counts:
        from sighten_warehouse.backfilling import days

        with asking() as settings:
            day = day_of(data_interval_start)
            return tell_day(days.pull_day(settings, day), day=day)

    pull()


backfill_milestones()

"""### Milestones of the past, day by day, by Airflow's own backfill

Here by Trigger, Backfill; or by the command, which also has `--dry-run`:

```
airflow backfill create --dag-id backfill_milestones --from-date 2018-01-01 --to-date 2018-12-31
```

- **A run takes a day** (UTC), and Airflow calls it after the next one, when its day is over: the sites that were last
  updated on it, and all that REST tells of them. Sites that are landed already are not asked for again, so days may be
  run in any order, twice, or again after a crash.
- **A failed run is a day of which a site failed**; the rest of it is landed. A backfill of Missing and Errored Runs
  (`--reprocess-behavior failed`) takes these days, and of them what failed.
- **One day at a time** is pulled, however many runs are active, and its calls come after those of live work.
- **No run ever begins by itself.** What a run lands, `load_milestones` and `publish_warehouse` load and publish.
"""

from datetime import datetime

from airflow.sdk import dag, task

from sighten_airflow.asking import asking
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, Counts, described
from sighten_airflow.history import day_of, tell_day
from sighten_airflow.timetable import DaysOfHistory


@dag(schedule=DaysOfHistory(), **described(__doc__), **DAG_DEFAULTS | {"allowed_run_types": None})
def backfill_milestones() -> None:
    """The step from a day of history to what REST tells of it."""

    # One at a time leaves the pool's other slots to live work; the API's budget would not let two be faster.
    @task(pool=API_POOL, max_active_tis_per_dag=1)
    def pull(data_interval_start: datetime | None = None) -> Counts:
        from sighten_warehouse.backfill import rest

        with asking() as settings:
            day = day_of(data_interval_start)
            return tell_day(rest.pull_day(settings, day), day=day)

    pull()


backfill_milestones()

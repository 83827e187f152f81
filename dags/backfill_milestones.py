"""### Pull past milestones, one day per run, with Airflow's backfill

Use Trigger, Backfill in this UI, or the command, which also has `--dry-run`:

```
airflow backfill create --dag-id sighten_backfill_milestones --from-date 2018-01-01 --to-date 2018-12-31
```

- **One run per day** (UTC), named after it, once the day has ended. The run pulls every site last updated on that
  day, with all its milestones in REST. It skips sites that are landed already, so days may run in any order, twice, or
  again after a crash.
- **A run fails if a site of its day failed**; the other sites are landed. A backfill of Missing and Errored Runs
  (`--reprocess-behavior failed`) repeats these days, and of them only the failed sites.
- **One day at a time** is pulled, however many runs are active. Live work goes first in the pool and the API's budget.
- **Nothing is scheduled.** `sighten_load_milestones` and `sighten_publish_warehouse` load and publish what a run lands.
"""

from datetime import datetime

from airflow.sdk import task

from sighten_airflow.api_tasks import api_settings
from sighten_airflow.backfill_runs import report_day, run_day
from sighten_airflow.dag_defaults import LONG_TIMEOUT, Counts
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag
from sighten_airflow.timetable import DaysOfHistory


@sighten_dag(schedule=DaysOfHistory(), allowed_run_types=None)
def backfill_milestones(tenant: Tenant) -> None:
    """Pull the milestones of one day from REST."""

    # One at a time leaves the pool's other slots to live work; two would share the API's budget and be no faster.
    @task(pool=tenant.api_pool, max_active_tis_per_dag=1, execution_timeout=LONG_TIMEOUT)
    def pull(data_interval_start: datetime | None = None) -> Counts:
        from sighten_warehouse.backfill import rest

        with api_settings(tenant) as settings:
            day = run_day(data_interval_start)
            return report_day(rest.pull_day(settings, day), day=day)

    pull()


backfill_milestones()

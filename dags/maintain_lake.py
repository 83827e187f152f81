"""### Merge many small files into few and back up, once a day

Merges the small landing files of each day, line for line, and the history files and commits of small loads. No row
changes. Loads and publishes continue meanwhile. If many small loads pile up during the day, loading merges them itself.
Before that, what was kept for SIGHTEN_KEPT_RAW_DAYS and SIGHTEN_KEPT_DOCUMENT_DAYS goes, if they are set, and a version
without it is published.
The run fails if landing files are not what was loaded from them; they stay as they are.

Where `SIGHTEN_BACKUP_TO` names a folder, the home is backed up to it. The run fails if a file of the home is missing or
altered; the backup is complete nevertheless, with the whole copy of an earlier one where there is one.
"""

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.dag_defaults import BEFORE_NIGHTLY, LONG_TIMEOUT, Counts
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=BEFORE_NIGHTLY)
def maintain_lake(tenant: Tenant) -> None:
    """Drop what was kept long enough, compact the lake, and back the home up; a lock makes one wait."""

    @task(pool=tenant.writer_pool, execution_timeout=LONG_TIMEOUT)
    def expire() -> Counts:
        from sighten_warehouse.erase import expire

        expired = expire(tenant.settings())
        return {"deliveries": expired.deliveries, "documents": expired.documents}

    @task(inlets=[tenant.history], outlets=[tenant.history], execution_timeout=LONG_TIMEOUT)
    def compact() -> None:
        from sighten_warehouse.lake.compaction import compact

        result = compact(tenant.settings().layout)
        if result.refused:
            raise AirflowFailException(f"{', '.join(result.refused)}: not what was loaded; see landing verify")

    @task(inlets=[tenant.history], execution_timeout=LONG_TIMEOUT, trigger_rule="all_done")
    def backup() -> str:
        from sighten_airflow.nightly_backup import back_up_nightly

        return back_up_nightly(tenant.settings())

    expired = expire()
    expired >> compact()
    expired >> backup()  # also if that failed


maintain_lake()

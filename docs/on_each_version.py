"""### Act on each new version of the warehouse

An example to copy into your own DAGs folder. It starts when Sighten Warehouse has published a version.
"""

from typing import Any

from airflow.sdk import dag, task

from sighten_airflow.assets import WAREHOUSE


@dag("on_each_version", schedule=[WAREHOUSE], doc_md=__doc__)
def on_each_version() -> None:
    """Count the approved milestones."""

    @task
    def count_approved(triggering_asset_events: Any = None) -> Any:
        from sighten_warehouse import open_warehouse

        announced = [event.extra for event in triggering_asset_events[WAREHOUSE]]
        with open_warehouse() as warehouse:
            approved = warehouse.frame("select count(*) as number from milestones where status = 'APPROVED'")
        return {
            "versions": [extra["version"] for extra in announced],
            "milestones": [extra["rows"]["main.milestones"] for extra in announced],
            "approved": int(approved["number"][0]),
        }

    count_approved()


on_each_version()

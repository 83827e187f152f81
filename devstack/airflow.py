"""Starts Airflow's database and its four processes, in order."""

import sys
from functools import partial

from devstack import airflow_api
from devstack.credentials import read_admin_password
from devstack.metadata import is_migrated, migrated_file, prepare_metadata
from devstack.stack import Stack
from devstack.waiting import wait_until
from sighten_airflow.pools import POOLS

AIRFLOW = (sys.executable, "-m", "airflow")
MIGRATE_SECONDS = 240
HEALTHY_SECONDS = 180


def start_api_server(stack: Stack) -> None:
    """Start the metadata database and the API server, which migrates it first if this version of Airflow has not.

    Raises:
        StackError: PostgreSQL does not start.
    """
    prepare_metadata(stack)
    migrate_and_serve = [sys.executable, "-m", "devstack.migrate_and_serve", str(migrated_file(stack))]
    command = [*AIRFLOW, "api-server"] if is_migrated(stack) else migrate_and_serve
    stack.airflow.serve("api-server", command, grace_seconds=1)  # it takes seven, and ends last, when nobody asks it


def start_rest_of_airflow(stack: Stack) -> None:
    """Start Airflow's other processes once its database is migrated; its API server answers when this returns.

    Raises:
        StackError: one of them does not come up.
    """
    (stack.plan.home / "dags").mkdir(exist_ok=True)  # for your own DAGs
    url = stack.plan.airflow.url
    with stack.progress.step("starting Airflow", done=f"Airflow's API server answers on {url}"):
        wait_until(
            partial(is_migrated, stack),
            what="the migration of Airflow's metadata database",
            seconds=MIGRATE_SECONDS,
            meanwhile=stack.check_alive,
        )
        stack.airflow.serve("dag-processor", [*AIRFLOW, "dag-processor"])
        # The triggerer takes ten seconds to end, and ours has nothing to finish.
        stack.airflow.serve("triggerer", [*AIRFLOW, "triggerer", "--skip-serve-logs"], grace_seconds=1)
        await_api_server(stack)
        airflow_api.make_pools(url, POOLS, password=read_admin_password(stack.credentials))
    # A scheduler that starts before the API server answers fails its first tasks.
    # The next start resumes tasks that it leaves unfinished, so it gets little time to end.
    stack.airflow.serve("scheduler", [*AIRFLOW, "scheduler", "--skip-serve-logs"], grace_seconds=4)


def await_api_server(stack: Stack) -> None:
    """Wait until the API server answers people and tasks."""
    port = stack.plan.airflow
    for is_ready in (airflow_api.is_healthy, airflow_api.warm_up_execution):
        wait_until(
            partial(is_ready, port.url),
            what=f"{port.purpose} on {port.url}",
            seconds=HEALTHY_SECONDS,
            meanwhile=stack.check_alive,
        )

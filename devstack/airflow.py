"""Starts Airflow's four processes, in order."""

import subprocess
from functools import partial

from devstack import airflow_api
from devstack.credentials import read_admin_password
from devstack.metadata import AIRFLOW, finish_migration
from devstack.stack import Stack
from devstack.waiting import wait_until
from sighten_airflow.pools import POOLS

HEALTHY_SECONDS = 180


def start_airflow(stack: Stack, migration: subprocess.Popen[bytes] | None) -> None:
    """Start Airflow's processes once its database is migrated; its API server answers when this returns.

    Raises:
        StackError: one of them does not come up.
    """
    finish_migration(stack, migration)
    (stack.plan.home / "dags").mkdir(exist_ok=True)  # for your own DAGs
    url = stack.plan.airflow.url
    with stack.progress.step("starting Airflow", done=f"Airflow's API server answers on {url}"):
        stack.airflow.serve("api-server", [*AIRFLOW, "api-server"])
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

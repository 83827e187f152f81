"""The part of the stack that loads and publishes: Airflow's four processes, each after what it needs."""

import sys
from functools import partial

from devstack import airflow_api
from devstack.credentials import read_admin_password
from devstack.metadata import is_migrated, note_migrated, retire_jobs
from devstack.pools import POOLS
from devstack.stack import Stack
from devstack.waiting import wait_until

AIRFLOW = (sys.executable, "-m", "airflow")
MIGRATE_SECONDS = 240
HEALTHY_SECONDS = 180


def start_airflow(stack: Stack) -> None:
    """Airflow's processes run, and its API server answers, when this returns.

    Raises:
        StackError: one of them does not come up.
    """
    migrate(stack)
    url = stack.plan.airflow.url
    with stack.progress.step("starting Airflow", done=f"Airflow's API server answers on {url}"):
        stack.airflow.serve("api-server", [*AIRFLOW, "api-server"])
        stack.airflow.serve("dag-processor", [*AIRFLOW, "dag-processor"])
        # The triggerer takes ten seconds to end, and ours has nothing to finish.
        stack.airflow.serve("triggerer", [*AIRFLOW, "triggerer", "--skip-serve-logs"], grace_seconds=1)
        await_api_server(stack)
        airflow_api.make_pools(url, POOLS, password=read_admin_password(stack.credentials))
    # A scheduler that starts before the API server answers fails its first tasks.
    # Tasks that it leaves unfinished are taken up at the next start: no need to wait for them.
    stack.airflow.serve("scheduler", [*AIRFLOW, "scheduler", "--skip-serve-logs"], grace_seconds=4)


def migrate(stack: Stack) -> None:
    """Airflow's metadata database exists, fits this version of Airflow, and nothing in it seems to run."""
    home = stack.plan.home
    if not is_migrated(home):
        with stack.progress.step("preparing Airflow's metadata database", done="Airflow's metadata database is ready"):
            migrating = stack.airflow.start("migrate", [*AIRFLOW, "db", "migrate"])
            stack.airflow.finish("migrate", migrating, seconds=MIGRATE_SECONDS, meanwhile=stack.check_alive)
            note_migrated(home)
    retire_jobs(home)


def await_api_server(stack: Stack) -> None:
    """The API server answers people and tasks."""
    port = stack.plan.airflow
    for answers in (airflow_api.is_healthy, airflow_api.warm_up_execution):
        wait_until(
            partial(answers, port.url),
            what=f"{port.purpose} on {port.url}",
            seconds=HEALTHY_SECONDS,
            meanwhile=stack.check_alive,
        )

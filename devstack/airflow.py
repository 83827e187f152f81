"""Starts Airflow: its metadata database and its four processes, in order."""

import sqlite3
import sys
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path

from devstack import airflow_api
from devstack.credentials import read_admin_password
from devstack.stack import Stack
from devstack.waiting import wait_until
from sighten_airflow.pools import POOLS

AIRFLOW = (sys.executable, "-m", "airflow")
AIRFLOW_VERSION = version("apache-airflow-core")
MIGRATE_SECONDS = 240
HEALTHY_SECONDS = 180


def start_airflow(stack: Stack) -> None:
    """Start Airflow's processes; its API server answers when this returns.

    Raises:
        StackError: one of them does not come up.
    """
    prepare_metadata(stack)
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


def prepare_metadata(stack: Stack) -> None:
    """Migrate Airflow's metadata database to this version of Airflow, and end the jobs of an earlier run."""
    home = stack.plan.home
    if not is_migrated(home):
        with stack.progress.step("preparing Airflow's metadata database", done="Airflow's metadata database is ready"):
            migration = stack.airflow.start("migrate", [*AIRFLOW, "db", "migrate"])
            stack.airflow.wait("migrate", migration, seconds=MIGRATE_SECONDS, meanwhile=stack.check_alive)
            record_migration(home)
    end_stale_jobs(home)


def is_migrated(home: Path) -> bool:
    """Whether this version of Airflow has migrated the database; asking Airflow itself takes seconds."""
    note = home / "migrated"
    return (home / "airflow.db").exists() and note.exists() and note.read_text() == AIRFLOW_VERSION


def record_migration(home: Path) -> None:
    """Record that this version of Airflow has migrated the database."""
    (home / "migrated").write_text(AIRFLOW_VERSION)


def end_stale_jobs(home: Path) -> None:
    """Mark the jobs of an earlier run as ended, so that Airflow resumes their tasks at once.

    Call it only while no process of Airflow runs: Airflow itself would wait for their heartbeats to expire.
    """
    with closing(sqlite3.connect(home / "airflow.db")) as database, database:
        database.execute("update job set state = 'failed', end_date = latest_heartbeat where end_date is null")


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

"""Prepares Airflow's metadata database: starts PostgreSQL, migrates, and ends the jobs of an earlier run."""

import shutil
import sys
from importlib.metadata import version
from pathlib import Path

from devstack.postgres import VARIABLE, Postgres
from devstack.stack import Stack
from devstack.waiting import wait_until

AIRFLOW = (sys.executable, "-m", "airflow")
AIRFLOW_VERSION = version("apache-airflow-core")
INITDB_SECONDS, MIGRATE_SECONDS = 60, 240
READY_SECONDS = 60


def prepare_metadata(stack: Stack) -> None:
    """Bring the database up, in this version of Airflow; call it only while no process of Airflow runs.

    Raises:
        StackError: PostgreSQL does not start, or the migration fails.
    """
    if stack.plan.metadata_url:
        with stack.progress.step("preparing Airflow's metadata database", done=f"Airflow's metadata is in {VARIABLE}"):
            migrate(stack)
        return
    postgres = stack.plan.postgres
    migrated = postgres.folder / "migrated"
    if migrated.exists() and migrated.read_text() == AIRFLOW_VERSION:
        serve_postgres(stack)
        end_stale_jobs(postgres)
        return
    with stack.progress.step("preparing Airflow's metadata database", done="Airflow's metadata database is ready"):
        make_database(stack)
        serve_postgres(stack)
        migrate(stack)
        # Asking Airflow itself whether it has migrated takes seconds.
        migrated.write_text(AIRFLOW_VERSION)


def make_database(stack: Stack) -> None:
    """Make an empty database where there is none."""
    postgres = stack.plan.postgres
    if postgres.folder.exists():
        return
    # Renamed when it is complete, so that a killed start leaves no half of it.
    unfinished = Path(f"{postgres.folder}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    postgres.make_folder(unfinished)
    process = stack.postgres.start("initdb", postgres.initdb(unfinished))
    stack.postgres.wait("initdb", process, seconds=INITDB_SECONDS, meanwhile=stack.check_alive)
    unfinished.rename(postgres.folder)


def serve_postgres(stack: Stack) -> None:
    """Start the server; it takes connections when this returns."""
    postgres = stack.plan.postgres
    postgres.clear_crash()
    postgres.make_folder(postgres.sockets)
    # Airflow has ended before it is stopped; it would wait for any other client.
    stack.postgres.serve("postgres", postgres.serve(), grace_seconds=2)
    wait_until(
        postgres.answers, what="PostgreSQL", seconds=READY_SECONDS, meanwhile=stack.postgres.check_alive, every=0.02
    )


def migrate(stack: Stack) -> None:
    """Migrate the database to this version of Airflow."""
    migration = stack.airflow.start("migrate", [*AIRFLOW, "db", "migrate"])
    stack.airflow.wait("migrate", migration, seconds=MIGRATE_SECONDS, meanwhile=stack.check_alive)


def end_stale_jobs(postgres: Postgres) -> None:
    """Mark the jobs of an earlier run as ended: Airflow itself would wait for their heartbeats to expire."""
    postgres.execute("update job set state = 'failed', end_date = latest_heartbeat where end_date is null")

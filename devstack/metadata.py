"""Prepares Airflow's metadata database: starts PostgreSQL, migrates, and ends the jobs of an earlier run."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from devstack.postgres import Postgres
from devstack.stack import Stack
from devstack.waiting import wait_until

AIRFLOW = (sys.executable, "-m", "airflow")
AIRFLOW_VERSION = version("apache-airflow-core")
INITDB_SECONDS, MIGRATE_SECONDS = 60, 240
READY_SECONDS = 60


def start_migration(stack: Stack) -> subprocess.Popen[bytes] | None:
    """Bring the database up and start its migration to this version of Airflow, or none if it has had it.

    Call it only while no process of Airflow runs.

    Raises:
        StackError: PostgreSQL does not start.
    """
    if stack.plan.metadata_url:
        return _migrate(stack)
    make_database(stack)
    serve_postgres(stack)
    # Asking Airflow itself whether it has migrated takes seconds.
    if _is_migrated(stack.plan.postgres):
        end_stale_jobs(stack.plan.postgres)
        return None
    return _migrate(stack)


def finish_migration(stack: Stack, migration: subprocess.Popen[bytes] | None) -> None:
    """Wait for the migration; Airflow can start when this returns.

    Raises:
        StackError: the migration failed.
    """
    if migration is None:
        return
    with stack.progress.step("preparing Airflow's metadata database", done="Airflow's metadata database is ready"):
        stack.airflow.wait("migrate", migration, seconds=MIGRATE_SECONDS, meanwhile=stack.check_alive)
    if not stack.plan.metadata_url:
        _migrated_file(stack.plan.postgres).write_text(AIRFLOW_VERSION)


def _migrate(stack: Stack) -> subprocess.Popen[bytes]:
    return stack.airflow.start("migrate", [*AIRFLOW, "db", "migrate"])


def _migrated_file(postgres: Postgres) -> Path:
    return postgres.folder / "migrated"


def _is_migrated(postgres: Postgres) -> bool:
    migrated = _migrated_file(postgres)
    return migrated.exists() and migrated.read_text() == AIRFLOW_VERSION


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


def end_stale_jobs(postgres: Postgres) -> None:
    """Mark the jobs of an earlier run as ended: Airflow itself would wait for their heartbeats to expire."""
    postgres.execute("update job set state = 'failed', end_date = latest_heartbeat where end_date is null")

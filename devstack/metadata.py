"""Prepares Airflow's metadata database: starts PostgreSQL, and ends the jobs of an earlier run."""

import shutil
from pathlib import Path

from devstack.migrate_and_serve import AIRFLOW_VERSION
from devstack.postgres import Postgres
from devstack.stack import Stack
from devstack.waiting import wait_until

INITDB_SECONDS = 60
READY_SECONDS = 60


def prepare_metadata(stack: Stack) -> None:
    """Bring the database up, where the user names none.

    Call it only while no process of Airflow runs.

    Raises:
        StackError: PostgreSQL does not start.
    """
    if stack.plan.metadata_url:
        migrated_file(stack).unlink(missing_ok=True)  # it may be another database by now
        return
    make_database(stack)
    serve_postgres(stack)
    if is_migrated(stack):
        end_stale_jobs(stack.plan.postgres)


def is_migrated(stack: Stack) -> bool:
    """Whether this version of Airflow has migrated the database; asking Airflow itself takes seconds."""
    migrated = migrated_file(stack)
    return migrated.exists() and migrated.read_text() == AIRFLOW_VERSION


def migrated_file(stack: Stack) -> Path:
    """Says which version of Airflow has migrated the database; it goes with PostgreSQL's folder."""
    folder = stack.plan.home if stack.plan.metadata_url else stack.plan.postgres.folder
    return folder / "migrated"


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

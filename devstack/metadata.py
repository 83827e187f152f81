"""Airflow's metadata database, as far as a start needs to touch it."""

import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

AIRFLOW_VERSION = version("apache-airflow-core")


def is_migrated(home: Path) -> bool:
    """Whether this version of Airflow has already prepared the database; asking Airflow itself takes seconds."""
    note = home / "migrated"
    return (home / "airflow.db").exists() and note.exists() and note.read_text() == AIRFLOW_VERSION


def note_migrated(home: Path) -> None:
    """Remember that this version of Airflow has prepared the database."""
    (home / "migrated").write_text(AIRFLOW_VERSION)


def retire_jobs(home: Path) -> None:
    """Airflow's processes of an earlier run count as ended, so that what they left unfinished is taken up at once.

    Call it only when none of them runs: Airflow itself would wait for their heartbeats to grow old.
    """
    with closing(sqlite3.connect(home / "airflow.db")) as database, database:
        database.execute("update job set state = 'failed', end_date = latest_heartbeat where end_date is null")

"""Airflow's metadata engine; on SQLite it takes the write lock early, so that creating a backfill succeeds."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

# Changes no row. Airflow's migrations create this table.
ACQUIRE_WRITE_LOCK = "update alembic_version set version_num = version_num where false"


def create_metadata_engine(
    sql_alchemy_conn: str, *, engine_args: dict[str, Any], connect_args: dict[str, Any]
) -> Engine:
    """Create the engine as Airflow does; on SQLite its savepoints wait for other writers."""
    engine = create_engine(sql_alchemy_conn, connect_args=connect_args, **engine_args, future=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "after_cursor_execute", acquire_write_lock)
    return engine


def acquire_write_lock(_: Connection, cursor: DBAPICursor, statement: str, *_others: object) -> None:
    """Acquire the write lock right after a savepoint, before its first read.

    Airflow sets a savepoint for each run of a backfill, reads, then writes, while its scheduler starts the run before.
    Python's driver begins no transaction for a savepoint, so the savepoint is one. If another writer commits between
    its read and its write, SQLite refuses at once with "database is locked", whatever the timeout. Acquiring the lock
    first waits instead. A lock for each savepoint stays short; one for all runs would block the scheduler too long.
    """
    if statement.startswith("SAVEPOINT "):
        cursor.execute(ACQUIRE_WRITE_LOCK)

"""How Airflow reaches its metadata database where that is SQLite: so that creating a backfill does not fail."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPICursor

# It changes nothing. The table is there, since Airflow's migrations write down in it how far they are.
TAKE_THE_WRITE_LOCK = "update alembic_version set version_num = version_num where false"


def create_metadata_engine(
    sql_alchemy_conn: str, *, engine_args: dict[str, Any], connect_args: dict[str, Any]
) -> Engine:
    """The engine that Airflow would make itself, and on SQLite one whose savepoints wait for other writers."""
    engine = create_engine(sql_alchemy_conn, connect_args=connect_args, **engine_args, future=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "after_cursor_execute", wait_for_other_writers)
    return engine


def wait_for_other_writers(_: Connection, cursor: DBAPICursor, statement: str, *_others: object) -> None:
    """A savepoint that was just set has the write lock before anything is read; whoever holds it is waited for.

    Airflow sets one for each run of a backfill, first reads and then writes, while its scheduler takes up the run
    before. Python's driver begins no transaction for a savepoint, so it is one of its own; and if another writer was
    quicker between its read and its write, SQLite refuses at once, however long one is ready to wait ("database is
    locked"). The locks stay short: a transaction over all runs of a year would keep the scheduler waiting too long.
    """
    if statement.startswith("SAVEPOINT "):
        cursor.execute(TAKE_THE_WRITE_LOCK)

"""What the DAGs need in Airflow's metadata database: their pools, and a connection to the published file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from airflow import settings as airflow_settings
from airflow.models.connection import Connection
from airflow.models.pool import Pool as StoredPool
from airflow.utils.session import create_session
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sighten_airflow.pools import POOLS, WRITER_POOL
from sighten_warehouse.errors import FatalError
from sighten_warehouse.settings import Settings

CONNECTION = "sighten_warehouse"
DUCKDB_PROVIDER = "apache-airflow-providers-duckdb"


@dataclass(frozen=True)
class Entry:
    """A pool or connection: what was done about it, and what somebody should look at."""

    text: str
    problem: str | None = None


def set_up(settings: Settings) -> list[Entry]:
    """Create the pools and the connection; those that exist stay, but the connection gets the path of these settings.

    Raises:
        FatalError: the metadata database does not answer, or is not migrated.
    """
    database = make_url(str(airflow_settings.SQL_ALCHEMY_CONN)).render_as_string(hide_password=True)
    try:
        with create_session() as session:
            return [
                *_pools(session),
                _connection(session, str(settings.layout.warehouse_file)),
                Entry(f"in {database}"),
            ]
    except DBAPIError as error:
        raise FatalError(
            f"{database}: {error.orig}; expected a database that `airflow db migrate` has prepared"
        ) from None


def _pools(session: Session) -> Iterator[Entry]:
    for pool in POOLS:
        stored = session.scalar(select(StoredPool).filter_by(pool=pool.name))
        if stored is None:
            StoredPool.create_or_update_pool(
                pool.name, pool.slots, pool.description, include_deferred=False, session=session
            )
        slots = pool.slots if stored is None else stored.slots
        is_wrong = pool is WRITER_POOL and slots != pool.slots
        yield Entry(
            f"pool {pool.name}: {'created' if stored is None else 'kept'}, slots: {slots}",
            f"pool {pool.name}: {slots} slots, expected {pool.slots}: {pool.description}" if is_wrong else None,
        )


def _connection(session: Session, path: str) -> Entry:
    if find_spec("airflow.providers.duckdb") is None:
        return Entry(f"connection {CONNECTION}: not created, {DUCKDB_PROVIDER} is not installed")
    stored = session.scalar(select(Connection).filter_by(conn_id=CONNECTION))
    if stored is None:
        extra = json.dumps({"read_only": True})
        session.add(
            Connection(CONNECTION, "duckdb", description="the published file, read-only", host=path, extra=extra)
        )
        return Entry(f"connection {CONNECTION}: created, {path}, read-only")
    word = "kept" if stored.host == path else "changed"
    stored.host = path
    return Entry(f"connection {CONNECTION}: {word}, {path}")

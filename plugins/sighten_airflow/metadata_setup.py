"""What the DAGs need in Airflow's metadata database: their pools, and a connection to the published file."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from airflow import settings as airflow_settings
from airflow.models.connection import Connection
from airflow.models.pool import Pool as StoredPool
from airflow.utils.session import create_session
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sighten_airflow.pools import expected_pools
from sighten_airflow.tenant import Tenant
from sighten_warehouse.errors import FatalError, SettingError

CONNECTION = "sighten_warehouse"
DUCKDB_PROVIDER = "apache-airflow-providers-duckdb"


@dataclass(frozen=True)
class Entry:
    """A pool or connection: what was done about it, and what somebody should look at."""

    text: str
    problem: str | None = None


def set_up(tenants: Sequence[Tenant]) -> list[Entry]:
    """Create the pools and connections; those that exist stay, but a connection gets the path of the tenant's settings.

    Raises:
        FatalError: the metadata database does not answer, or is not migrated.
    """
    database = make_url(str(airflow_settings.SQL_ALCHEMY_CONN)).render_as_string(hide_password=True)
    try:
        with create_session() as session:
            return [
                *_pools(session),
                *(_connection(session, tenant) for tenant in tenants),
                Entry(f"in {database}"),
            ]
    except DBAPIError as error:
        raise FatalError(
            f"{database}: {error.orig}; expected a database that `airflow db migrate` has prepared"
        ) from None


def _pools(session: Session) -> Iterator[Entry]:
    for expected in expected_pools():
        pool = expected.pool
        stored = session.scalar(select(StoredPool).filter_by(pool=pool.name))
        before = None if stored is None else stored.slots
        is_changed = expected.is_share and before not in (None, pool.slots)
        if before is None or is_changed:
            StoredPool.create_or_update_pool(
                pool.name, pool.slots, pool.description, include_deferred=False, session=session
            )
        slots = pool.slots if before is None or is_changed else before
        is_wrong = expected.is_writer and slots != pool.slots
        word = "created" if before is None else "changed" if is_changed else "kept"
        yield Entry(
            f"pool {pool.name}: {word}, slots: {slots}",
            f"pool {pool.name}: {slots} slots, expected {pool.slots}: {pool.description}" if is_wrong else None,
        )


def _connection(session: Session, tenant: Tenant) -> Entry:
    name = tenant.named(CONNECTION)
    if find_spec("airflow.providers.duckdb") is None:
        return Entry(f"connection {name}: not created, {DUCKDB_PROVIDER} is not installed")
    try:
        path = str(tenant.settings().layout.warehouse_file)
    except SettingError as error:
        if tenant.name is None:
            raise
        return Entry(f"connection {name}: not created", f"connection {name}: not created: {error}")
    stored = session.scalar(select(Connection).filter_by(conn_id=name))
    if stored is None:
        extra = json.dumps({"read_only": True})
        session.add(Connection(name, "duckdb", description="the published file, read-only", host=path, extra=extra))
        return Entry(f"connection {name}: created, {path}, read-only")
    word = "kept" if stored.host == path else "changed"
    stored.host = path
    return Entry(f"connection {name}: {word}, {path}")

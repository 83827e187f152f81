"""A published version, opened from Python: SQL in, pandas, Arrow or polars out; or Ibis."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import duckdb

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.errors import NotPublishedError, SettingError, requires_extra
from sighten_warehouse.escaping import quoted
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.ibis_connection import connect_ibis
from sighten_warehouse.publish.reader_views import CATALOG, create_history_views, create_views
from sighten_warehouse.publish.remote import open_remote
from sighten_warehouse.settings import Settings, read_settings

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from ibis.backends.duckdb import Backend

Pii = Literal["masked", "full"]


def open_published(
    path: str | Path | None = None,
    *,
    version: str | None = None,
    pii: Pii | None = None,
    settings: Settings | None = None,
) -> "OpenedWarehouse":
    """See `sighten_warehouse.open_warehouse`; the settings are those of the environment unless they are given."""
    settings = settings or read_settings()
    shown = pii or settings.pii
    if shown not in get_args(Pii):  # a typo must not show names
        raise SettingError(f"pii: {shown}; expected {' or '.join(get_args(Pii))}")
    remote = open_remote(settings, path)
    if remote is None and path is not None and version is not None:
        raise NotPublishedError(f"{path} and version {version}: expected one of the two; a file holds one version")
    if remote:
        found, moved = remote.file(version), remote.move
    else:
        found, moved = _version_file(settings.layout, version) if path is None else Path(path), None
    if not found.is_file():
        raise NotPublishedError(f"{found}: no such file; expected a file from `sighten-warehouse publish`")
    return OpenedWarehouse(found, pii=shown, moved=moved)


def _version_file(layout: Layout, version: str | None) -> Path:
    """The version's file in `published/versions`, which the next publish does not replace."""
    kept = sorted(path for path in layout.versions.glob("*.duckdb") if path.with_suffix(".json").exists())
    if version is None:
        return kept[-1] if kept else layout.warehouse_file
    for path in kept:
        if path.stem == version:
            return path
    names = ", ".join(path.stem for path in kept) or "none"
    raise NotPublishedError(f"version {version}: no file in {layout.versions}; available: {names}")


def _parse_time(when: date | str) -> datetime:
    """The time in UTC, without a zone."""
    try:
        moment = datetime.fromisoformat(when if isinstance(when, str) else when.isoformat())
    except (AttributeError, ValueError):
        raise ValueError(f"as_of {when}: expected a time such as 2026-01-31 14:30, or a date") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


class OpenedWarehouse:
    """One version, read-only, for one thread at a time. Close it, or use it in a `with` statement.

    Masked views have the names of their tables: `from users` and `from marts.reviews` show pseudonyms.

    >>> warehouse = open_warehouse()
    >>> warehouse.version
    '20...Z'
    >>> warehouse.tables()[:3]
    ['comments', 'dal_values', 'documents']
    >>> warehouse.frame("select email, first_name from users")
                        email             first_name
    0  email-...  name-...
    >>> open_warehouse(pii="full").frame("select email, first_name from users")
                       email first_name
    0  operations@sighten.io    Generic
    >>> warehouse.close()
    """

    def __init__(
        self, path: Path, *, pii: Pii, as_of: datetime | None = None, moved: Callable[[str], str] | None = None
    ) -> None:
        self.path = path
        self.pii = pii
        self._moved = moved
        self._has_history = as_of is not None
        self._connection = duckdb.connect()
        try:
            with explain_lock(path):
                self._connection.execute(f"attach '{quoted(path)}' as {CATALOG} (read_only)")
            create_views(self._connection, masked=pii == "masked", as_of=as_of, moved=moved)
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> str:
        """The name of this version, which is the time of its publication."""
        return str(self._query(f"select max(version) from {CATALOG}.ops.versions").fetchall()[0][0])

    def tables(self) -> list[str]:
        """The tables: those of `main` by name, the others as `marts.reviews`.

        >>> with open_warehouse() as warehouse:
        ...     "marts.approval_cycles" in warehouse.tables()
        True
        """
        named = "select schema_name, view_name from duckdb_views() where database_name = 'memory' and not internal"
        found = self._query(f"{named} and schema_name in ('main', 'marts', 'ops') order by all").fetchall()
        return [name if schema == "main" else f"{schema}.{name}" for schema, name in found]

    def frame(self, sql: str, *parameters: Any) -> "pd.DataFrame":
        """The result as a pandas DataFrame; each `?` in the SQL stands for the next parameter.

        >>> with open_warehouse(pii="full") as warehouse:
        ...     warehouse.frame("select name, cycle_seconds from marts.approval_cycles where submits >= ?", 1)
                             name  cycle_seconds
        0  Construction & Signoff  439224.798969
        """
        result: pd.DataFrame = self._query(sql, *parameters).df()
        return result

    def arrow(self, sql: str, *parameters: Any) -> "pa.Table":
        """The result as an Arrow table.

        >>> with open_warehouse() as warehouse:
        ...     warehouse.arrow("select event, event_at from marts.milestone_events").schema.names
        ['event', 'event_at']
        """
        return self._query(sql, *parameters).to_arrow_table()

    def polars(self, sql: str, *parameters: Any) -> "pl.DataFrame":
        """The result as a polars DataFrame; needs the extra `polars`.

        >>> with open_warehouse() as warehouse:
        ...     warehouse.polars("from marts.funnel").schema["share_of_all"]
        Float64
        """
        with requires_extra("polars", by="polars()"):
            result: pl.DataFrame = self._query(sql, *parameters).pl()
        return result

    def ibis(self, *, history: bool = False) -> "Backend":
        """An Ibis connection to the tables, until this is closed; needs the extra `ibis`.

        With `history`, also to the tables of the schema `history`, whose files are opened then.

        >>> with open_warehouse() as warehouse:
        ...     cycles = warehouse.ibis().table("approval_cycles", database="marts")
        ...     cycles.filter(cycles.is_open).count().to_pandas()
        0

        Raises:
            MissingExtraError: Ibis is not installed.
        """
        if history:
            self._require_history()
        return connect_ibis(self._connection)

    def as_of(self, when: date | str) -> "OpenedWarehouse":
        """The same version with milestones, tasks, sub_tasks, documents and comments as they were at that time.

        The other tables stay. A time without a zone is UTC; a date means its start.

        >>> with open_warehouse() as warehouse, warehouse.as_of("2018-09-01") as then:
        ...     then.frame("select count(*) as comments from comments")
           comments
        0         1

        Raises:
            ValueError: `when` is not a time.
        """
        return OpenedWarehouse(self.path, pii=self.pii, as_of=_parse_time(when), moved=self._moved)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def connection_for(self, sql: str) -> duckdb.DuckDBPyConnection:
        """The connection with all views that this SQL reads; closed with this warehouse."""
        if re.search(r"history|_as_of", sql, re.IGNORECASE):
            self._require_history()
        return self._connection

    def _query(self, sql: str, *parameters: Any) -> duckdb.DuckDBPyRelation:
        # DuckDB returns None if there is no statement, or one such as `set`.
        result: duckdb.DuckDBPyRelation | None = self.connection_for(sql).sql(sql, params=list(parameters))
        if result is None:
            raise ValueError(f"{sql!r}: expected a statement that returns rows")
        return result

    def _require_history(self) -> None:
        """Create the views of history on first use, since that opens every file of the lake."""
        if not self._has_history:
            create_history_views(self._connection, masked=self.pii == "masked", moved=self._moved)
            self._has_history = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""A published version, opened from Python: questions in SQL, answers as pandas, Arrow or polars."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import duckdb

from sighten_warehouse.errors import NotPublishedError, SettingError
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.reader_views import CATALOG, create_history_views, create_views
from sighten_warehouse.settings import read_settings
from sighten_warehouse.sql_text import quoted

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Pii = Literal["masked", "full"]


def open_published(
    path: str | Path | None = None, *, version: str | None = None, pii: Pii | None = None
) -> "OpenedWarehouse":
    """As `sighten_warehouse.open_warehouse` promises."""
    settings = read_settings()
    shown = pii or settings.pii
    if shown not in get_args(Pii):  # or else a slip would show everybody
        raise SettingError(f"pii: {shown}; expected {' or '.join(get_args(Pii))}")
    if path is not None and version is not None:
        raise NotPublishedError(f"{path} and version {version}: expected one of the two, since a file is one version")
    found = _version_file(settings.layout, version) if path is None else Path(path)
    if not found.is_file():
        raise NotPublishedError(f"{found}: no such file; expected one that `sighten-warehouse publish` made")
    return OpenedWarehouse(found, pii=shown)


def _version_file(layout: Layout, version: str | None) -> Path:
    """The file under its version's own name, under which `as_of` finds the same version later."""
    kept = sorted(path for path in layout.versions.glob("*.duckdb") if path.with_suffix(".json").exists())
    if version is None:
        return kept[-1] if kept else layout.warehouse_file
    for path in kept:
        if path.stem == version:
            return path
    names = ", ".join(path.stem for path in kept) or "none"
    raise NotPublishedError(f"version {version}: no file of it in {layout.versions}; kept are {names}")


def _moment(when: date | str) -> datetime:
    """That time in UTC, without a zone."""
    try:
        asked = datetime.fromisoformat(when if isinstance(when, str) else when.isoformat())
    except (AttributeError, ValueError):
        raise ValueError(f"as_of {when}: expected a time such as 2026-01-31 14:30, or a date") from None
    return asked.astimezone(UTC).replace(tzinfo=None) if asked.tzinfo else asked


class OpenedWarehouse:
    """One version, which nobody changes; used by one thread at a time. Close it, or use it in a `with` statement.

    Masked tables have the names of those that they stand for: `from users` and `from marts.reviews` show pseudonyms.

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

    def __init__(self, path: Path, *, pii: Pii, as_of: datetime | None = None) -> None:
        self.path = path
        self.pii = pii
        self._has_history = as_of is not None
        self._connection = duckdb.connect()
        try:
            self._connection.execute(f"attach '{quoted(path)}' as {CATALOG} (read_only)")
            create_views(self._connection, masked=pii == "masked", as_of=as_of)
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> str:
        """The name of this version: when it was published."""
        return str(self._ask(f"select max(version) from {CATALOG}.ops.versions").fetchall()[0][0])

    def tables(self) -> list[str]:
        """What there is to ask: tables of `main` by name, the others as `marts.reviews`.

        >>> with open_warehouse() as warehouse:
        ...     "marts.approval_cycles" in warehouse.tables()
        True
        """
        named = "select schema_name, view_name from duckdb_views() where database_name = 'memory' and not internal"
        found = self._ask(f"{named} and schema_name in ('main', 'marts', 'ops') order by all").fetchall()
        return [name if schema == "main" else f"{schema}.{name}" for schema, name in found]

    def frame(self, sql: str, *parameters: Any) -> "pd.DataFrame":
        """The answer as a pandas DataFrame; `?` in the SQL stands for the parameters, one after the other.

        >>> with open_warehouse() as warehouse:
        ...     warehouse.frame("select name, cycle_seconds from marts.approval_cycles where submits >= ?", 1)
                             name  cycle_seconds
        0  Construction & Signoff  439224.798969
        """
        answer: pd.DataFrame = self._ask(sql, *parameters).df()
        return answer

    def arrow(self, sql: str, *parameters: Any) -> "pa.Table":
        """The answer as an Arrow table.

        >>> with open_warehouse() as warehouse:
        ...     warehouse.arrow("select event, event_at from marts.milestone_events").schema.names
        ['event', 'event_at']
        """
        return self._ask(sql, *parameters).to_arrow_table()

    def polars(self, sql: str, *parameters: Any) -> "pl.DataFrame":
        """The answer as a polars DataFrame; polars must be installed, the product brings it as the extra `polars`."""
        answer: pl.DataFrame = self._ask(sql, *parameters).pl()
        return answer

    def as_of(self, when: date | str) -> "OpenedWarehouse":
        """The same version with milestones, tasks, sub_tasks, documents and comments as they were; the rest as it is.

        A time without a zone is UTC, and a date its first moment.

        >>> with open_warehouse() as warehouse, warehouse.as_of("2018-09-01") as then:
        ...     then.frame("select count(*) as comments from comments")
           comments
        0         1

        Raises:
            ValueError: that is no time.
        """
        return OpenedWarehouse(self.path, pii=self.pii, as_of=_moment(when))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _ask(self, sql: str, *parameters: Any) -> duckdb.DuckDBPyRelation:
        if not self._has_history and re.search(r"history|_as_of", sql, re.IGNORECASE):
            # Its views look into every file of the lake when they are made, so they wait until somebody needs them.
            create_history_views(self._connection, masked=self.pii == "masked")
            self._has_history = True
        # DuckDB gives nothing at all where there is no statement, or one such as `set`.
        answer: duckdb.DuckDBPyRelation | None = self._connection.sql(sql, params=list(parameters))
        if answer is None:
            raise ValueError(f"{sql!r}: expected a statement that gives rows")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

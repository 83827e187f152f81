"""Ibis on an opened version; an adapter stands in between until Ibis calls DuckDB 2 by its names."""

import warnings
from typing import TYPE_CHECKING, Any, Self, cast

import duckdb

from sighten_warehouse.errors import requires_extra

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


def connect_ibis(connection: duckdb.DuckDBPyConnection) -> "Backend":
    """Ibis's DuckDB backend on that connection; closing the connection closes both.

    Raises:
        MissingExtraError: Ibis is not installed.
    """
    with requires_extra("ibis", by="ibis()"):
        import ibis  # noqa: PLC0415  (an extra; takes a second)

        has_former_names = hasattr(connection, "fetch_arrow_table")
        adapted = connection if has_former_names else cast("duckdb.DuckDBPyConnection", _FormerNames(connection))
        backend: Backend = ibis.duckdb.from_connection(adapted)
    return backend


class _FormerNames:
    """A connection of DuckDB 2 with the names that Ibis 12 calls (https://github.com/ibis-project/ibis/pull/12001)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *arguments: Any, **options: Any) -> Self:
        """Run the statement; the result is fetched from what this returns."""
        self._connection.execute(*arguments, **options)
        return self

    def fetch_arrow_table(self) -> Any:
        """The result as an Arrow table."""
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of a copy that Ibis cannot avoid
            return self._connection.to_arrow_table()

    def fetch_record_batch(self, rows_per_batch: int) -> Any:
        """The result in batches."""
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            return self._connection.to_arrow_reader(rows_per_batch)

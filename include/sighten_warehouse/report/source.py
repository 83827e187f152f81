"""A published version, opened to be asked the queries of `sql/report`."""

import tempfile
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from sighten_warehouse.errors import ModelError, NotPublishedError
from sighten_warehouse.models import macros, sql_folder

FOLDER = "report"
ENGINE: dict[str, Any] = {"memory_limit": "1GB", "threads": 2}  # it may sit in Airflow's API server, beside other work
STAGED = ("definitions", "organizations", "milestones")  # tables that the other queries read, each after its inputs


class ReportSource:
    """One version, read-only; to be used by one thread at a time, and closed.

    `pii` is `full` where names, texts and addresses may be shown, and `masked` where not.

    Raises:
        NotPublishedError: there is no such file.
        ModelError: the version was published by code that this report does not fit.
    """

    def __init__(self, warehouse_file: Path, *, pii: str) -> None:
        if not warehouse_file.exists():
            raise NotPublishedError(f"{warehouse_file}: expected a version that `sighten-warehouse publish` made")
        self._connection = duckdb.connect(config=ENGINE | {"temp_directory": tempfile.gettempdir()})
        try:
            path = str(warehouse_file).replace("'", "''")
            self._connection.execute(f"attach '{path}' as warehouse (read_only)")
            self._connection.execute("attach ':memory:' as report")
            self._connection.execute("use warehouse")
            self._connection.execute(macros("duckdb"))
            self._set("pii", pii)
            for name in STAGED:
                self._connection.register("_staged", self.table(name))
                self._connection.execute(f"create table report.{name} as from _staged")
        except BaseException:
            self.close()
            raise

    def table(self, query: str, **asked: Any) -> pa.Table:
        """What the query of that name answers; `asked` are the settings that its header names.

        Raises:
            ModelError: as above.
        """
        for name, value in asked.items():
            self._set(name, value)
        try:
            return self._connection.sql(report_query(query)).to_arrow_table()
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise ModelError(
                f"sql/report/{query}.sql does not fit the published version: publish again with this code ({error})"
            ) from error

    def _set(self, name: str, value: Any) -> None:
        self._connection.execute(f"set variable {name} = ?", [value])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def report_query(name: str) -> str:
    """The text of `sql/report/<name>.sql`."""
    return (sql_folder() / FOLDER / f"{name}.sql").read_text()

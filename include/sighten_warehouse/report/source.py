"""A published version, opened for the queries of `sql/report`."""

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.errors import ModelError, NotPublishedError
from sighten_warehouse.escaping import quoted
from sighten_warehouse.guards.engine import confine
from sighten_warehouse.guards.masking import PSEUDONYMS, WITH_SHOWN, masked_select
from sighten_warehouse.models import macros, published_models, sql_folder

FOLDER = "report"
ENGINE: dict[str, Any] = {"memory_limit": "1GB", "threads": 2}  # it may share a process with Airflow's API server
STAGED = ("definitions", "organizations", "milestones")  # read by the other queries; each after its inputs


class ReportSource:
    """One version, read-only, for one thread at a time; close it after use.

    `pii` is `full` (show names, texts and addresses) or `masked`.

    Raises:
        NotPublishedError: there is no such file.
        FileLockedError: another program has it open for writing.
        ModelError: the version was published by incompatible code.
    """

    def __init__(self, warehouse_file: Path, *, pii: str) -> None:
        if not warehouse_file.exists():
            raise NotPublishedError(f"{warehouse_file}: expected a version published by `sighten-warehouse publish`")
        self._connection = duckdb.connect(config=ENGINE | {"temp_directory": tempfile.gettempdir()})
        try:
            with explain_lock(warehouse_file):
                self._connection.execute(f"attach '{quoted(warehouse_file)}' as warehouse (read_only)")
            self._connection.execute("attach ':memory:' as report")
            self._connection.execute("use warehouse")
            if pii != "full":
                self._hide_labels()
            confine(self._connection)  # its queries read published tables only
            self._connection.execute(macros("duckdb"))
            self._set("pii", pii)
            self._set("published_at", self._published_at(warehouse_file))
            for name in STAGED:
                self._connection.register("_staged", self.table(name))
                self._connection.execute(f"create table report.{name} as from _staged")
        except BaseException:
            self.close()
            raise

    def _hide_labels(self) -> None:
        """Let the queries read views in which labels and paths are as masked outputs show them.

        What else is personal the queries replace by themselves.
        """
        self._connection.execute("attach ':memory:' as shown; use shown; create schema marts; create schema ops")
        pseudonyms = f"warehouse.{PSEUDONYMS}"
        try:
            for model in published_models():
                if model.schema != "history":
                    source = f"warehouse.{model.full_name}"
                    select = masked_select(model.columns, source=source, pseudonyms=pseudonyms, kinds=WITH_SHOWN)
                    self._connection.execute(f"create view {model.full_name} as {select}")
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise ModelError(f"the published version does not fit; publish again with this code ({error})") from error

    def _published_at(self, warehouse_file: Path) -> datetime | None:
        """When readers could open the version, from its manifest, UTC without a zone; None for a file alone."""
        try:
            [(version,)] = self._connection.execute("select max(version) from ops.versions").fetchall()
            folder = warehouse_file.parent
            [manifest] = [*folder.glob(f"versions/{version}.json"), *folder.glob(f"{version}.json")]
            return datetime.fromisoformat(json.loads(manifest.read_bytes())["published_at"]).replace(tzinfo=None)
        except (duckdb.CatalogException, OSError, ValueError, KeyError):
            return None

    def table(self, query: str, **parameters: Any) -> pa.Table:
        """The result of the query of that name; its header lists the parameters.

        Raises:
            ModelError: as above.
        """
        for name, value in parameters.items():
            self._set(name, value)
        try:
            return self._connection.sql(report_query(query)).to_arrow_table()
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            raise ModelError(
                f"sql/report/{query}.sql does not fit the published version; publish again with this code ({error})"
            ) from error

    def _set(self, name: str, value: Any) -> None:
        self._connection.execute(f"set variable {name} = ?", [value])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def report_query(name: str) -> str:
    """The text of `sql/report/<name>.sql`."""
    return (sql_folder() / FOLDER / f"{name}.sql").read_text()

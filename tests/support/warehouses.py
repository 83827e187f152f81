"""A warehouse for one test: real landing files, real Parquet, real DuckDB."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from sighten_warehouse.durable import ensure_folder
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.load.result import LoadResult
from sighten_warehouse.load.step import load
from sighten_warehouse.publish.empty_file import write_empty_file
from sighten_warehouse.publish.step import publish
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings, read_settings


@cache
def _empty_file() -> dict[str, bytes]:
    """What the first publish of any home keeps below `work`: making it takes half of a small publish."""
    with TemporaryDirectory() as folder:
        work = Path(folder, "work")
        work.mkdir()
        write_empty_file(Path(folder, "empty.duckdb"), work=work)
        return {path.name: path.read_bytes() for path in work.iterdir()}


def keep_empty_file(settings: Settings) -> None:
    """Give a new home the empty file."""
    work = settings.layout.work
    if not work.exists():
        ensure_folder(work)
        for name, content in _empty_file().items():
            (work / name).write_bytes(content)


class Warehouse:
    """Lands deliveries a second apart, loads, publishes and answers SQL."""

    def __init__(self, home: Path | str, *, cache: Path | None = None) -> None:
        given = {"SIGHTEN_HOME": str(home)} | ({"SIGHTEN_CACHE": str(cache)} if cache else {})
        self.settings: Settings = read_settings(given)
        self.clock = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self._open: tuple[tuple[int, int], duckdb.DuckDBPyConnection] | None = None

    def land(self, *bodies: Any, **envelope: Any) -> list[str]:
        """Land the bodies in one file, those that are not bytes as JSON; return their landing ids."""
        lines, ids = [], []
        for body in bodies:
            self.clock += timedelta(seconds=1)
            ids.append(new_landing_id())
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            lines.append(landing_line(raw, landing_id=ids[-1], received_at=self.clock, **envelope))
        write_landing_file(self.settings.layout.landing, lines, received_at=self.clock)
        keep_empty_file(self.settings)
        return ids

    def load(self) -> LoadResult:
        return load(self.settings)

    def publish(self, *, full: bool = False) -> Version:
        keep_empty_file(self.settings)
        return publish(self.settings, full=full)

    def take_in(self, *bodies: Any, **envelope: Any) -> list[str]:
        """Land and load as one batch, without publishing."""
        ids = self.land(*bodies, **envelope)
        self.load()
        return ids

    def deliver(self, *bodies: Any, **envelope: Any) -> list[str]:
        """Land, load and publish."""
        ids = self.take_in(*bodies, **envelope)
        self.publish()
        return ids

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._opened().execute(sql, list(parameters)).fetchall()

    def close(self) -> None:
        """Close the published version."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def _opened(self) -> duckdb.DuckDBPyConnection:
        """The published version, kept open until the next publish: opening costs more than a query."""
        path = self.settings.layout.warehouse_file
        version = (path.stat().st_ino, path.stat().st_mtime_ns)
        if self._open is None or self._open[0] != version:
            self.close()  # otherwise DuckDB would keep reading the old file in this process
            self._open = (version, duckdb.connect(str(path), read_only=True))
        return self._open[1]

    def row(self, sql: str, *parameters: Any) -> tuple[Any, ...]:
        rows = self.rows(sql, *parameters)
        assert 1 == len(rows), f"expected one row, got {len(rows)}: {sql}"
        return rows[0]

    def value(self, sql: str, *parameters: Any) -> Any:
        return self.row(sql, *parameters)[0]

    def column(self, sql: str, *parameters: Any) -> list[Any]:
        return [row[0] for row in self.rows(sql, *parameters)]

"""Helpers for tests of `enrich`: an API of quotes and metrics, and a warehouse that calls it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
from msgspec.structs import replace

from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.enrich.step import EnrichResult, enrich
from sighten_warehouse.settings import Secret
from support.factories import an_id
from support.scripted_api import TOKEN, FakeClock, Request, Response, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse

MOMENT = datetime(2026, 11, 1, 13, tzinfo=UTC)  # an hour after the first delivery of a `Warehouse`


@dataclass
class Sighten:
    """An API whose answers a test may change while it runs.

    Args:
        signed: original quote → its `s_quote_id`; a quote without an entry has no row.
        values: metric → value, for every quote.
        unknown: metrics that are refused.
        omitted: metrics that are left out of the row.
        rowless: metrics that cause an answer without rows.
        instead: quote → another response.
        before: called with the metrics of each pull before the response.
        asked: called with the quote of each question about the signed quote.
        pulled: the response to every pull, instead of values.
    """

    signed: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    omitted: set[str] = field(default_factory=set)
    rowless: set[str] = field(default_factory=set)
    instead: dict[str, Response] = field(default_factory=dict)
    pulled: Response | None = None
    before: Callable[[list[str]], object] = lambda _: None
    asked: Callable[[str], object] = lambda _: None

    def answer(self, request: Request) -> Response:
        path, query = urlsplit(request.target).path, parse_qs(urlsplit(request.target).query)
        quote_id, metrics = query["quote_id"][0], query["metrics"][0].split(",")
        if quote_id in self.instead:
            return self.instead[quote_id]
        if path.startswith("/api/data/workflow") and metrics == ["s_quote_id"]:
            self.asked(quote_id)
            rows = [{"s_quote_id": self.signed[quote_id]}] if quote_id in self.signed else []
            return json_response({"data": rows, "messages": {"error": []}, "status_code": 200})
        self.before(metrics)
        if self.pulled:
            return self.pulled
        errors = [f"Metric '{name}' does not exist." for name in metrics if name in self.unknown]
        if errors:
            return json_response({"data": [], "messages": {"error": errors}, "status_code": 400})
        if self.rowless & set(metrics):
            return json_response({"data": [], "status_code": 200})
        row = {name: self.values.get(name) for name in metrics if name not in self.omitted}
        return json_response({"data": [row], "status_code": 200})


@dataclass
class Enriched:
    """A warehouse, the API that it calls, and the clock of both."""

    warehouse: Warehouse
    sighten: Sighten
    api: ScriptedApi
    clock: FakeClock
    settings: dict[str, Any]

    def deliver(self, *bodies: Any) -> None:
        """Land and load those bodies now; then a minute passes."""
        self.warehouse.clock = self.clock.now()
        self.warehouse.land(*bodies)
        self.warehouse.load()
        self.clock.sleep(60)

    def enrich(self, *, load: bool = True, **settings: Any) -> EnrichResult:
        """Enrich, and load the answers."""
        changed = replace(self.warehouse.settings, **self.settings | settings)
        result = enrich(changed, clock=self.clock, retry_policy=RetryPolicy(total_s=5, attempts=2))
        if load:
            self.warehouse.load()
        return result

    def loaded(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Read columns of a history table from the lake, in order: much faster than a publish."""
        files = str(self.warehouse.settings.layout.lake / table / "*.parquet").replace("'", "''")
        return duckdb.execute(f"select {columns} from '{files}' order by all").fetchall()

    def requested_since(self, number: int = 0) -> list[str]:
        """The quotes of the requests, in order, from that number on."""
        return [parse_qs(urlsplit(target).query)["quote_id"][0] for target in self.api.targets[number:]]


@contextmanager
def enriching(warehouse: Warehouse, **settings: Any) -> Iterator[Enriched]:
    sighten = Sighten()
    with scripted(sighten.answer) as api:
        given = {"api_url": api.url, "api_token": Secret(TOKEN), "api_rate": 1e6, **settings}
        yield Enriched(warehouse, sighten, api, FakeClock(MOMENT), given)


def quote(key: str) -> str:
    """The original quote of `a_milestone(key)`."""
    return an_id(f"quote {key}")

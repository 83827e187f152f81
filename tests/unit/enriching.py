"""What the tests of `enrich` have in common: an API of quotes and metrics, and a warehouse that asks it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
from pydantic import SecretStr
from scripted_api import TOKEN, ApiRequest, FakeClock, Said, ScriptedApi, said_json, scripted

from factories import an_id
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.enrich.step import EnrichResult, enrich
from warehouses import Warehouse

MOMENT = datetime(2026, 11, 1, 13, tzinfo=UTC)  # an hour after the first delivery of a `Warehouse`


@dataclass
class Sighten:
    """An API whose answers a test may change while it runs.

    Args:
        signed: original quote → what `s_quote_id` is; without an entry there is no row.
        values: metric → value, for every quote.
        unknown: metrics that are refused.
        unsaid: metrics that are left out.
        rowless: metrics that leave no row.
        instead: quote → an answer of another kind.
        before: called with the metrics of each pull before it is answered.
        pulled: what every pull is answered, instead of values.
    """

    signed: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    unsaid: set[str] = field(default_factory=set)
    rowless: set[str] = field(default_factory=set)
    instead: dict[str, Said] = field(default_factory=dict)
    pulled: Said | None = None
    before: Callable[[list[str]], object] = lambda _: None

    def answer(self, asked: ApiRequest) -> Said:
        path, query = urlsplit(asked.target).path, parse_qs(urlsplit(asked.target).query)
        quote_id, metrics = query["quote_id"][0], query["metrics"][0].split(",")
        if quote_id in self.instead:
            return self.instead[quote_id]
        if path.startswith("/api/data/workflow") and metrics == ["s_quote_id"]:
            rows = [{"s_quote_id": self.signed[quote_id]}] if quote_id in self.signed else []
            return said_json({"data": rows, "messages": {"error": []}, "status_code": 200})
        self.before(metrics)
        if self.pulled:
            return self.pulled
        odd = [f"Metric '{name}' does not exist." for name in metrics if name in self.unknown]
        if odd:
            return said_json({"data": [], "messages": {"error": odd}, "status_code": 400})
        if self.rowless & set(metrics):
            return said_json({"data": [], "status_code": 200})
        row = {name: self.values.get(name) for name in metrics if name not in self.unsaid}
        return said_json({"data": [row], "status_code": 200})


@dataclass
class Enriched:
    """A warehouse, the API it asks, and the time that both share."""

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
        """Enrich, and load what was answered."""
        changed = self.warehouse.settings.model_copy(update=self.settings | settings)
        result = enrich(changed, clock=self.clock, retry_policy=RetryPolicy(total_s=5, attempts=2))
        if load:
            self.warehouse.load()
        return result

    def loaded(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Those columns of a history table, as it lies in the lake, in order: much quicker than a publish."""
        files = str(self.warehouse.settings.layout.lake / table / "*.parquet").replace("'", "''")
        return duckdb.execute(f"select {columns} from '{files}' order by all").fetchall()

    def asked_since(self, number: int = 0) -> list[str]:
        """The quotes that were asked by, in the order of asking, from that call on."""
        return [parse_qs(urlsplit(target).query)["quote_id"][0] for target in self.api.targets[number:]]


@contextmanager
def enriching(warehouse: Warehouse, **settings: Any) -> Iterator[Enriched]:
    sighten = Sighten()
    with scripted(sighten.answer) as api:
        given = {"api_url": api.url, "api_token": SecretStr(TOKEN), "api_rate": 1e6, **settings}
        yield Enriched(warehouse, sighten, api, FakeClock(MOMENT), given)


def quote(key: str) -> str:
    """The original quote of `a_milestone(key)`."""
    return an_id(f"quote {key}")

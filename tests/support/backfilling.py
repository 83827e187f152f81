"""Helpers for tests of a backfill from the API: a REST API, and a warehouse that pulls from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.backfill.rest.results import DayStatus, PullResult
from sighten_warehouse.backfill.rest.step import pull_days, retry_failed, status
from sighten_warehouse.settings import Secret, Settings
from support.factories import a_milestone, an_id
from support.scripted_api import TOKEN, FakeClock, Request, Response, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse

NOW = datetime(2026, 11, 1, 13, tzinfo=UTC)  # an hour after the first delivery of a `Warehouse`
FIRST, LAST = date(2018, 1, 1), date(2018, 12, 31)
RETRY_POLICY = RetryPolicy(total_s=5, attempts=2)
PAGE_SIZE = 2  # so that a list of three has two pages
Item = dict[str, Any]


def site_of(key: str) -> str:
    """The site of `a_milestone(key)`."""
    return an_id(f"site {key}")


def item_of(milestone: Item, **changes: Any) -> Item:
    """The milestone as REST lists it."""
    return {
        "uuid": milestone["uuid"],
        "name": milestone["name"],
        "status": milestone["status"],
        "alias": "CONSTRUCTION",
        "responsible_user": milestone["assigned_to"]["uuid"],
        "date_updated": milestone["date_updated"],
    } | changes


def task_of(task: Item, **changes: Any) -> Item:
    return {
        "uuid": task["uuid"],
        "name": task["name"],
        "status": task["status"],
        "task_definition": an_id("task definition"),
        "responsible_user": task["assigned_to"]["uuid"],
        "approver_user": an_id("user Approver"),
    } | changes


def sub_task_of(sub_task: Item) -> Item:
    listed = ("uuid", "label", "category", "status")
    return {key: sub_task[key] for key in listed} | {"instructions": None}


@dataclass
class Rest:
    """A REST API whose sites a test may change while it runs.

    Args:
        updated: site → its last update; None to leave it out.
        milestones: site → its milestones, as webhooks would send them; REST lists a part of each.
        more: uuid → further fields that REST lists of that item.
        instead: an id or the last part of a path → another response.
        before: called with each request before the response.
    """

    updated: dict[str, str | None] = field(default_factory=dict)
    milestones: dict[str, list[Item]] = field(default_factory=dict)
    more: dict[str, Item] = field(default_factory=dict)
    instead: dict[str, Response] = field(default_factory=dict)
    before: Callable[[Request], None] = lambda _: None

    def has(self, key: str, *milestones: Item, updated: str = "2018-03-01T10:00:00Z") -> str:
        """Add a site with these milestones, or one; return its id."""
        self.milestones[site_of(key)] = list(milestones) or [a_milestone(key)]
        self.updated[site_of(key)] = updated
        return site_of(key)

    def answer(self, request: Request) -> Response:
        self.before(request)
        parts = urlsplit(request.target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = parts.path.strip("/").split("/")[-1]
        by = [value for key, value in query.items() if key.endswith("_id")]
        if by and by[0] in self.instead:
            return self.instead[by[0]]
        if name in self.instead:
            return self.instead[name]
        page = int(query.pop("page", "1"))
        if name == "site":
            return self._sites(query, page)
        items = self._items(name, *by)
        found = items[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        base = f"http://{request.headers['Host']}{parts.path}?"
        more = "&".join(f"{key}={value}" for key, value in query.items())
        next_page = f"{base}{more}&page={page + 1}" if page * PAGE_SIZE < len(items) else None
        return json_response({"count": len(items), "next": next_page, "previous": None, "results": found})

    def _sites(self, query: Item, page: int) -> Response:
        limit = int(query.get("limit", "100"))
        sites = [query["site_id"]] if "site_id" in query else list(self.updated)
        rows = [{"site_id": site, "site_last_updated": self.updated[site]} for site in sites if site in self.updated]
        return json_response({"data": rows[(page - 1) * limit : page * limit], "messages": {}, "status_code": 200})

    def _items(self, name: str, by: str = "") -> list[Item]:
        milestones = [milestone for listed in self.milestones.values() for milestone in listed]
        tasks = [task for milestone in milestones if by in (milestone["uuid"], "") for task in milestone["tasks"]]
        found = {
            "project": [{"uuid": site, "date_updated": updated} for site, updated in self.updated.items()],
            "ops_workflow": [self._workflow(by)] if self.milestones.get(by) else [],
            "milestone": [item_of(item) for item in milestones if an_id(f"workflow {item['site']}") == by],
            "task": [task_of(task) for task in tasks],
            "sub_task": [
                sub_task_of(sub_task)
                for milestone in milestones
                for task in milestone["tasks"]
                if task["uuid"] == by
                for sub_task in task["sub_tasks"]
            ],
        }[name]
        return [item | self.more.get(item["uuid"], {}) for item in found]

    def _workflow(self, site_id: str) -> Item:
        quote = self.milestones[site_id][0]["quote"]
        return {"uuid": an_id(f"workflow {site_id}"), "contract": an_id("contract"), "initial_quote": quote}


@dataclass
class Backfilled:
    """A warehouse, the API that it pulls from, and the clock of both."""

    warehouse: Warehouse
    rest: Rest
    api: ScriptedApi
    clock: FakeClock
    settings: Settings

    def pull(self, first: date = FIRST, last: date = LAST, *, load: bool = True, **options: Any) -> PullResult:
        """Pull these days, and load what was landed."""
        result = pull_days(self.settings, first, last, clock=self.clock, retry_policy=RETRY_POLICY, **options)
        if load:
            self.warehouse.load()
        self.clock.sleep(60)
        return result

    def retry(self) -> PullResult:
        return retry_failed(self.settings, clock=self.clock, retry_policy=RETRY_POLICY)

    def status(self) -> list[DayStatus]:
        return status(self.settings)

    def deliver(self, *bodies: Any) -> list[str]:
        """Land and load these webhooks now; then a minute passes."""
        self.warehouse.clock = self.clock.now()
        ids = self.warehouse.land(*bodies)
        self.warehouse.load()
        self.clock.sleep(60)
        return ids

    def requests(self, since: int = 0) -> list[str]:
        """The last parts of the requested paths from that request on, without the lists of sites."""
        paths = [urlsplit(target).path.strip("/").split("/")[-1] for target in self.api.targets[since:]]
        return [path for path in paths if path != "site"]


@contextmanager
def backfilling(warehouse: Warehouse, **settings: Any) -> Iterator[Backfilled]:
    rest = Rest()
    with scripted(rest.answer) as api:
        given = {"api_url": api.url, "api_token": Secret(TOKEN), "api_rate": 1e6, "api_concurrency": 1, **settings}
        changed = replace(warehouse.settings, **given)
        yield Backfilled(warehouse, rest, api, FakeClock(NOW), changed)

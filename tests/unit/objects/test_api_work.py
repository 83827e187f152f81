"""Calls of the API, and what they bring, when machines share a home on object storage."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.step import download_documents
from sighten_warehouse.documents.verify import verify_vault
from sighten_warehouse.enrich.step import enrich
from sighten_warehouse.erase import Expired, expire
from sighten_warehouse.objects.store import Store
from sighten_warehouse.reconcile.step import reconcile
from sighten_warehouse.settings import Secret, Settings
from support.backfilling import RETRY_POLICY, backfilling
from support.downloading import PDF, SHA256
from support.enriching import MOMENT, quote
from support.factories import a_document, a_milestone, a_sub_task, a_task, an_id
from support.object_stores import ObjectStore
from support.scripted_api import TOKEN, FakeClock, Request, Response, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

Machines = Callable[[str], Warehouse]
SIGNED = an_id("signed")


def answer(request: Request) -> Response:
    if request.target.startswith("/api/data/"):
        return json_response({"data": [{"s_quote_id": SIGNED}], "status_code": 200})
    return Response(200, PDF, {"Content-Type": "application/pdf"})


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with scripted(answer) as scripted_api:
        yield scripted_api


def calling(machine: Warehouse, api: ScriptedApi, **changed: Any) -> Settings:
    return replace(machine.settings, api_url=api.url, api_token=Secret(TOKEN), api_rate=1e6, **changed)


def test_what_the_api_answers_one_machine_is_known_to_all(
    store: ObjectStore, machines: Machines, api: ScriptedApi
) -> None:
    documents = [a_document("one")]
    machines("A").take_in(a_milestone("one", tasks=[a_task("t", sub_tasks=[a_sub_task("s", documents=documents)])]))
    clock = FakeClock(MOMENT)

    asked = [enrich(calling(machines(name), api), clock=clock).asked for name in ("B", "C")]
    downloaded = [download_documents(calling(machines(name), api), clock=clock).due for name in ("C", "B")]
    machines("A").load()
    machines("C").publish()
    verified = verify_vault(calling(machines("D"), api), clock=clock)

    assert ([1, 0], [1, 0]) == (asked, downloaded)
    assert 2 == len(api.targets)
    [row] = machines("C").rows(
        "select m.quote_id, m.signed_quote_id, d.sha256 from milestones m, documents d where d.sha256 is not null"
    )
    assert (quote("one"), SIGNED, SHA256) == row
    assert (1, 1, ()) == (verified.files, verified.documents, verified.damages)
    assert [f"production/vault/{SHA256[:2]}/{SHA256}"] == [
        found.key for found in Store(store.url).below("production/vault/") if SHA256 in found.key
    ]


def test_a_lost_webhook_is_found_by_a_machine_that_loaded_nothing(machines: Machines) -> None:
    later = "2026-10-30T10:00:00Z"
    with backfilling(machines("A")) as on_one:
        on_one.rest.has("delivered", a_milestone("delivered", at=later), updated=later)
        on_one.rest.has("lost", a_milestone("lost", at=later), updated=later)
        on_one.deliver(a_milestone("delivered", at=later))
        asking = calling(machines("B"), on_one.api)
        result = reconcile(asking, clock=on_one.clock, retry_policy=RETRY_POLICY)
    machines("C").load()
    machines("C").publish()

    assert (2, 1, 1) == (result.changed, result.delivered, result.pulled)
    assert {an_id("milestone delivered"), an_id("milestone lost")} == set(
        machines("C").column("select milestone_id from milestones")
    )


def test_old_bodies_and_documents_leave_the_store_whoever_drops_them(store: ObjectStore, machines: Machines) -> None:
    machines("A").deliver(b"no json that is old", a_milestone("one"))
    later = type("Then", (Clock,), {"now": lambda _: machines("A").clock + timedelta(days=31)})()

    dropped = expire(replace(machines("B").settings, kept_raw_days=30), clock=later)
    machines("C").load()
    version = machines("C").publish()

    assert Expired(1, 0) == dropped
    assert 1 == version.tables["main.milestones"]
    bucket = Store(store.url)
    bodies = {found.key: bucket.get(found.key) for found in bucket.below("production/landing/")}
    assert bodies
    assert not [key for key, body in bodies.items() if body is None or b"is old" in body.data]

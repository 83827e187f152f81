"""The receiver acknowledges once the store has the group, and keeps nothing on its own disk."""

import threading
from collections.abc import Callable

import pytest

from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.objects.store import Store
from sighten_warehouse.receiver.auth.landed_attempts import landed_attempts
from sighten_warehouse.receiver.group_commit import Committer
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.submissions import WebhookDelivery
from sighten_warehouse.remotes import remote_of
from support.object_stores import ObjectStore
from support.receiving import PATH, Running, listening
from support.warehouses import Warehouse

Machines = Callable[[str], Warehouse]


@pytest.fixture
def running(machines: Machines) -> Running:
    layout = machines("receiver").settings.layout
    with listening(layout.landing) as running:
        yield running


def keys(store: ObjectStore) -> list[str]:
    return [found.key for found in Store(store.url).below("production/landing") if "received_date=" in found.key]


def test_a_delivery_is_stored_before_it_is_acknowledged_and_not_kept_here(
    store: ObjectStore, machines: Machines, running: Running
) -> None:
    answer = running.request("POST", PATH, b'{"a": 1}')

    assert (200, 1) == (answer.status, len(keys(store)))
    assert [] == [*running.landing.glob("received_date=*")]
    loader = machines("loader").settings.layout
    refresh(loader)
    [name] = landing_files(loader.landing)
    [line] = read_raw_lines(loader.landing / name)
    assert b'"payload":{"a": 1}' in line


def test_all_that_wait_while_groups_are_stored_share_the_next_write(store: ObjectStore, machines: Machines) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def hold(method: str, path: str) -> None:
        if method == "PUT" and "received_date" in path:
            arrived.set()
            go_on.wait(10)

    store.before, landed = hold, []
    delivery = WebhookDelivery(body=b"{}", method="POST", content_type=None, headers={})
    with Committer(machines("receiver").settings.layout.landing, metrics=ReceiverMetrics()) as committer:
        committer.submit(delivery, landed.append)
        assert arrived.wait(10)
        for _ in range(50):
            committer.submit(delivery, landed.append)
        go_on.set()

    assert 51 == len({landing_id for landing_id in landed if isinstance(landing_id, str)})
    assert len(keys(store)) <= 4  # the first, those that came while another thread began, and all others


def test_a_store_that_is_busy_is_asked_again_and_one_that_is_gone_is_a_503(
    store: ObjectStore, machines: Machines, running: Running
) -> None:
    mirror = machines("receiver")
    store.break_next("slow_down", times=3)
    late = running.request("POST", PATH, b"{}").status
    remote_of(mirror.settings.layout.root).limit_patience(0.5)  # type: ignore[union-attr]
    store.break_next("slow_down", times=1000)
    refused, ready = running.request("POST", PATH, b"{}"), running.request("GET", "/healthz")
    store.rules.clear()

    assert 200 == late
    assert (503, 503) == (refused.status, ready.status)
    assert refused.headers["retry-after"]
    assert b"store to answer" in ready.content
    assert 1 == len(keys(store))


def test_attempts_that_another_receiver_has_landed_are_known_again(machines: Machines) -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1700000000"}
    machines("one").land(b"{}", headers=headers)
    landing = machines("other").settings.layout.landing

    assert [(b"msg_1", b"1700000000")] == list(landed_attempts(landing, since=0))
    assert [] == list(landed_attempts(landing, since=4e9))
    assert [] == list(landing.rglob("*.ndjson"))

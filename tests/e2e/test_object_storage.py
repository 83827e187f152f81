"""From webhook to analyst over S3: receivers, loader and publisher share nothing else, and are killed on the way."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import open_warehouse
from sighten_warehouse.objects.store import Store
from support.object_stores import ObjectStore, machine, reached_store
from support.shared_homes import content
from support.warehouses import Warehouse

pytestmark = [pytest.mark.e2e, pytest.mark.deep]
COMMAND = [sys.executable, "-c", "from sighten_warehouse.cli import run_alone; run_alone()"]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with reached_store(monkeypatch) as made:
        yield made


def environment(store: ObjectStore, cache: Path) -> dict[str, str]:
    return {**os.environ, "SIGHTEN_HOME": store.url, "SIGHTEN_CACHE": str(cache), "PYTHONPATH": "include"}


@contextmanager
def receiving(store: ObjectStore, cache: Path) -> Iterator[tuple[str, int]]:
    """The URL of a receiver of its own, and its process, which is killed at the end."""
    process = subprocess.Popen(
        [*COMMAND, "receive", "--port", "0"], env=environment(store, cache), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process:
        try:
            yield process.stdout.readline().split()[3], process.pid
        finally:
            process.kill()


def killed_at(store: ObjectStore, text: str, *arguments: str, cache: Path) -> int:
    """Run the command, which gets SIGKILL when it sends a write whose path holds the text; return its exit code."""
    process = subprocess.Popen([*COMMAND, *arguments], env=environment(store, cache), stdout=subprocess.DEVNULL)

    def kill(method: str, path: str) -> None:
        if method == "PUT" and text in path and store.before:
            store.before = None
            os.kill(process.pid, signal.SIGKILL)

    store.before = kill
    return process.wait(60)


def test_what_was_acknowledged_is_published_once_whoever_was_killed(store: ObjectStore, tmp_path: Path) -> None:
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 4), PlanOptions(tasks=True))]
    for name, bodies in (("first", plan[::2]), ("second", plan[1::2])):
        with receiving(store, tmp_path / name) as (url, _):
            for delivery in bodies:
                with urllib.request.urlopen(url, delivery.body) as answer:
                    assert 200 == answer.status

    codes = [killed_at(store, text, "load", cache=tmp_path / text) for text in ("tasks/batch", "_sequence")]
    codes += [killed_at(store, text, "run", cache=tmp_path / text) for text in ("newest.json", "warehouse.duckdb")]
    subprocess.run([*COMMAND, "run"], env=environment(store, tmp_path / "last"), check=True, capture_output=True)

    assert [-signal.SIGKILL] * 4 == codes
    local = Warehouse(tmp_path / "local")
    bucket = Store(store.url)
    for found in bucket.below("production/landing/"):
        if "received_date=" in found.key:
            path = tmp_path / "local" / found.key
            path.parent.mkdir(parents=True, exist_ok=True)
            bucket.download(found.key, path)
    bucket.download("production/pseudonyms.key", local.settings.layout.pseudonym_key)
    local.load()
    local.publish()
    shared = machine(store, tmp_path / "last")
    assert content(local) == content(shared)
    with open_warehouse(store.url, pii="full") as opened:
        assert len(plan) == opened.frame("select count(*) as landed from ops.deliveries").landed[0]

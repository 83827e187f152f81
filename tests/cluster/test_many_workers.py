"""The services of docker-compose.cluster.yml as processes: a receiver and a worker are killed, and nothing is lost."""

import hashlib
import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests

from devstack import airflow_api
from devstack.ports import is_taken
from devstack.postgres import DATABASE, PORT, USER
from devstack.waiting import wait_until
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.webhooks.signing import AuthHeaders, build_auth_headers
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.line import parse_landing_line
from sighten_warehouse.load.step import pending
from sighten_warehouse.objects.store import Store
from sighten_warehouse.publish.versions import is_current
from sighten_warehouse.remotes import present
from sighten_warehouse.settings import read_settings
from support.compose import CLUSTER, read_compose
from support.compose_processes import SECONDS, Cluster
from support.object_stores import ObjectStore, machine, reached_store
from support.shared_homes import content
from support.warehouses import Warehouse

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

LISTENING = ("api-server-1", "redis-1", "receiver-1", "receiver-2")
SECRET = "the webhook's secret"  # noqa: S105  (of this test)
BODY_BYTES = 150_000  # so that few hundred deliveries are several batches of 8 MiB
FLATTENS = "select hostname, state, try_number from {} where task_id = 'flatten'"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with reached_store(monkeypatch) as made:
        yield made


@pytest.fixture
def cluster(store: ObjectStore, tmp_path: Path) -> Iterator[Cluster]:
    """All services but the scheduler, which runs no task before it is started."""
    given = {name: secrets.token_hex(16) for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRAFANA_PASSWORD")}
    given |= {f"AIRFLOW_{name}": secrets.token_hex(32) for name in ("JWT_SECRET", "SECRET_KEY", "ADMIN_PASSWORD")}
    given |= {"AIRFLOW_FERNET_KEY": urlsafe_b64encode(secrets.token_bytes(32)).decode(), "WORKER_CONCURRENCY": "2"}
    given |= {"SIGHTEN_HOME": store.url, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    for folder in ("airflow/dags", "secrets"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "secrets/sighten_webhook_secret").write_text(SECRET)
    ports = dict(zip(LISTENING, free_ports(len(LISTENING)), strict=True))
    cluster = Cluster(tmp_path, given, ports=ports | {"storage": store.port})
    try:
        cluster.start_postgres()
        cluster.start("redis-1")
        cluster.run("migrate-1")
        for name in ("receiver-1", "receiver-2", "api-server-1", "dag-processor-1", "triggerer-1"):
            cluster.start(name)
        api_server = f"http://127.0.0.1:{ports['api-server-1']}"
        for is_ready in (airflow_api.is_healthy, airflow_api.warm_up_execution):
            wait_for(cluster, lambda is_ready=is_ready: is_ready(api_server), what="the API server")  # type: ignore[misc]
        for name in ("worker-1", "worker-2"):
            cluster.start(name)
        yield cluster
    finally:
        cluster.stop()
    assert [] == [name for name, port in ports.items() if is_taken(port)]


def free_ports(number: int) -> list[int]:
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(number)]
        for listener in taken:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in taken]


def wait_for(cluster: Cluster, condition: Any, *, what: str, every: float = 0.2) -> None:
    wait_until(condition, what=what, seconds=SECONDS, meanwhile=cluster.check_alive, every=every)


def bodies() -> list[bytes]:
    """The deliveries of some lives, with white space within so that they are large."""
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 60), PlanOptions(tasks=True))]
    return [body[:1] + b" " * (BODY_BYTES - len(body)) + body[1:] for body in (delivery.body for delivery in plan)]


class Sender:
    """Delivers to the receivers in turn, and again to the next one until a delivery is acknowledged."""

    def __init__(self, cluster: Cluster, headers: AuthHeaders) -> None:
        self._cluster, self._headers = cluster, headers
        self._turn, self.repeated = count(), 0

    def deliver(self, body: bytes) -> None:
        for turn in self._turn:
            port = self._cluster.ports[f"receiver-{turn % 2 + 1}"]
            url = f"http://127.0.0.1:{port}/webhooks/sighten"
            try:
                if requests.post(url, data=body, headers=self._headers(body), timeout=30).ok:
                    return
            except requests.RequestException:
                self.repeated += 1


def tasks(cluster: Cluster, table: str = "task_instance") -> list[tuple[str, str, int]]:
    """Where each batch was or is flattened: the worker, the state and the number of the try."""
    connect = psycopg2.connect(host=str(cluster.postgres.sockets), port=PORT, user=USER, dbname=DATABASE)
    with closing(connect) as connection, connection.cursor() as cursor:
        cursor.execute(FLATTENS.format(table))
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def test_a_worker_and_a_receiver_are_killed_and_each_table_is_as_on_one_machine(
    cluster: Cluster, store: ObjectStore, tmp_path: Path
) -> None:
    for name in ("receiver-1", "receiver-2"):
        url = f"http://127.0.0.1:{cluster.ports[name]}/healthz"
        wait_for(cluster, lambda url=url: is_ok(url), what=name)  # type: ignore[misc]
    settings = read_settings({"SIGHTEN_WEBHOOK_AUTH": "hmac", "SIGHTEN_WEBHOOK_SECRET": SECRET})
    sender = Sender(cluster, build_auth_headers(settings, standard_key=None))
    sent = bodies()
    half = len(sent) // 2

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(sender.deliver, sent[:half]))
        rest = senders.map(sender.deliver, sent[half:-1])
        next(rest)
        cluster.kill("receiver-2")
        list(rest)
    assert sender.repeated
    cluster.start("scheduler-1")
    wait_for(cluster, lambda: ("worker-2", "running", 1) in tasks(cluster), what="flatten on worker-2", every=0.05)
    cluster.kill("worker-2")
    taken = [state for worker, state, _ in tasks(cluster) if worker == "worker-2"]
    cluster.start("worker-3")  # as Compose starts a container again that has ended
    sender.deliver(sent[-1])

    assert "running" in taken
    shared = machine(store, tmp_path / "analyst")
    landed = landed_bodies(store, tmp_path / "local")
    assert {hashlib.sha256(body).hexdigest() for body in sent} == set(landed)
    assert len(sent) <= len(landed) <= len(sent) + sender.repeated
    wait_for(
        cluster,
        lambda: not pending(shared.settings) and is_current(shared.settings),
        what="the version that holds every delivery",
        every=3,
    )
    finished = tasks(cluster)
    workers = {worker for worker, state, _ in finished if state == "success"}
    assert {"worker-1"} <= workers <= {"worker-1", "worker-2", "worker-3"}
    assert [("worker-2", 1)] == sorted(
        {(worker, number) for worker, _, number in tasks(cluster, "task_instance_history")}
    )
    local = Warehouse(tmp_path / "local")
    Store(store.url).download("production/pseudonyms.key", local.settings.layout.pseudonym_key)
    local.load()
    local.publish()
    present(shared.settings.layout.warehouse_file)
    assert content(local) == content(shared)
    assert [(len(landed), len(landed))] == shared.rows(
        "select count(*), count(distinct landing_id) from ops.deliveries"
    )
    assert 200 == report_status(cluster)  # of a version that a worker has published


def test_every_setting_of_celery_exists_in_its_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    from airflow.configuration import retrieve_configuration_description  # noqa: PLC0415  (writes into AIRFLOW_HOME)

    named = {name for name in read_compose(CLUSTER)["services"]["scheduler"]["environment"] if "__CELERY" in name}
    table = retrieve_configuration_description(include_providers=True)
    known = {f"AIRFLOW__{section}__{option}".upper() for section in table for option in table[section]["options"]}

    assert named
    assert set() == named - known


def report_status(cluster: Cluster) -> int:
    """The response status of the report in Airflow's pages."""
    airflow = f"http://127.0.0.1:{cluster.ports['api-server-1']}"
    user = {"username": "admin", "password": cluster.given["AIRFLOW_ADMIN_PASSWORD"]}
    token = requests.post(f"{airflow}/auth/token", json=user, timeout=60).json()["access_token"]
    page = requests.get(f"{airflow}/sighten/report/", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    return page.status_code


def is_ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=30).ok
    except requests.RequestException:
        return False


def landed_bodies(store: ObjectStore, home: Path) -> list[str]:
    """The digest of each delivery that the receivers stored, whose files are copied into the home."""
    bucket, digests = Store(store.url), []
    for found in bucket.below("production/landing/"):
        if "received_date=" in found.key:
            path = home / found.key
            path.parent.mkdir(parents=True, exist_ok=True)
            bucket.download(found.key, path)
    for name in landing_files(home / "production/landing"):
        lines = (home / "production/landing" / name).read_bytes().splitlines()
        digests += [parse_landing_line(line).body_sha256 for line in lines]
    return digests

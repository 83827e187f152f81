"""What a web page in a browser sends to this machine is refused, by the receiver and by the simulated Sighten."""

import http.client
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sighten_simulator.closed_to_pages import ClosedToPages
from sighten_simulator.serve import served
from sighten_warehouse.receiver.server import ReceiverServer
from sighten_warehouse.settings import read_settings
from support.receiving import PATH, Running, listening
from support.signing import basic, send, signature

Serve = Callable[..., Running]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_page_cannot_deliver_where_nothing_or_basic_is_asked_for(
    serve: Serve, guarded: Callable[..., Running], headers: dict[str, str]
) -> None:
    given = [(name, value.encode()) for name, value in headers.items()]
    anybody, with_password = serve(), guarded("basic", "user:password")

    refused = anybody.request("POST", PATH, b"{}", headers | {"Content-Type": "text/plain"})
    statuses = [send(with_password, basic("user:password"), *given), send(with_password, basic("user:password"))]

    assert (403, "forbidden") == (refused.status, refused.json()["status"])
    assert [] == anybody.lines()
    assert 1 == anybody.metric('sighten_deliveries_total{outcome="unauthenticated"}')
    assert [403, 200] == statuses


def test_what_a_page_cannot_send_by_itself_is_enough(guarded: Callable[..., Running]) -> None:
    receiver = guarded("hmac", "a secret")

    assert 200 == send(
        receiver, ("X-Sighten-Signature", signature("a secret").hex().encode()), ("Origin", b"https://x")
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8088", 200),
        ("localhost", 200),
        ("localhost.", 200),
        ("LOCALHOST:1", 200),
        ("receiver.localhost", 200),
        ("[::1]:8088", 200),
        ("receiver", 200),
        ("evil.example", 403),
        ("evil.example:8088", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1@evil.example", 403),
    ],
)
def test_a_private_receiver_knows_its_own_names(private: Running, host: str, status: int) -> None:
    statuses = {private.request("GET", path, None, {"Host": host}).status for path in ("/metrics", "/healthz")}
    statuses.add(private.request("POST", PATH, b"{}", {"Host": host}).status)

    assert {status} == statuses


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with listening(tmp_path_factory.mktemp("private") / "landing", is_private=True) as running:
        yield running


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({}, 403),
        ({"SIGHTEN_RECEIVER_OPEN_TO_ANYONE": "yes"}, 200),
        ({"SIGHTEN_RECEIVER_OPEN_TO_ANYONE": "yes", "SIGHTEN_RECEIVER_HOST": "0.0.0.0"}, 200),  # noqa: S104  (allowed)
        ({"SIGHTEN_WEBHOOK_AUTH": "header", "SIGHTEN_WEBHOOK_SECRET": "a secret"}, 200),
    ],
)
def test_the_receiver_is_private_on_loopback_without_authentication(
    tmp_path: Path, settings: dict[str, str], status: int
) -> None:
    server = ReceiverServer(read_settings({"SIGHTEN_HOME": str(tmp_path), "SIGHTEN_RECEIVER_PORT": "0", **settings}))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        port = int(server.url.rpartition(":")[2].partition("/")[0])
        found = Running(port, tmp_path).request("GET", "/metrics", None, {"Host": "proxy.example"}).status
    finally:
        server.stop()
        thread.join()

    assert status == found


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "evil.example"}, 403),
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Host": "localhost:1", "Origin": "http://localhost:1", "Sec-Fetch-Site": "same-origin"}, 200),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 200),
        ("POST", {}, 200),
    ],
)
def test_the_simulated_sighten_answers_programs_and_its_own_page(
    simulator: str, method: str, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(simulator).netloc)
    connection.request(method, "/", headers=headers)

    assert status == connection.getresponse().status
    connection.close()


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    page = Route("/", lambda _: PlainTextResponse("here"), methods=["GET", "POST"])
    with served(Starlette(routes=[page], middleware=[Middleware(ClosedToPages)])) as url:
        yield url

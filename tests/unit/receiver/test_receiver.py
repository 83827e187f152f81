import gc
import http.client
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.receiver.connection import Connection
from sighten_warehouse.receiver.submissions import Submission
from support.receiving import PATH, SOON, Running

SAMPLE = Path(__file__).parents[3] / "include/sighten_simulator/world/sample_milestone.verbatim.txt"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("path", [PATH, PATH + "/", PATH + "?org=a"])
def test_a_delivery_is_landed_and_acknowledged_with_its_landing_id(receiver: Running, method: str, path: str) -> None:
    response = receiver.request(method, path, b'{"status": "APPROVED"}', {"Content-Type": "application/json"})

    [line] = receiver.lines()
    assert 200 == response.status
    assert {"landing_id": line.landing_id, "status": "landed"} == response.json()
    assert (method, "application/json", "webhook") == (line.method, line.content_type, line.source)


def test_the_vendors_sample_is_landed_byte_for_byte(receiver: Running) -> None:
    body = SAMPLE.read_bytes()

    response = receiver.request("POST", PATH, body)

    [line] = receiver.lines()
    assert 200 == response.status
    assert body == line.body_as_received()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"", {"Content-Type": "text/plain"}),
        (b"status=APPROVED", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"<milestone/>", {"Content-Type": "application/xml"}),
        (b"\x1f\x8b\x08\x00", {"Content-Encoding": "gzip"}),
        (b"\xff\xfe", {"Content-Type": "no/such; charset=\xe9"}),
        (b"{" * 5000, {"Content-Type": "application/json"}),
    ],
)
def test_a_body_it_does_not_understand_is_landed_as_received(
    receiver: Running, body: bytes, headers: Mapping[str, str]
) -> None:
    response = receiver.request("POST", PATH, body, headers)

    [line] = receiver.lines()
    assert 200 == response.status
    assert body == line.body_as_received()
    assert headers.get("Content-Type") == line.content_type
    assert headers.get("Content-Encoding") == line.headers.get("content-encoding")


def test_a_chunked_body_is_landed_whole(receiver: Running) -> None:
    response = receiver.request("POST", PATH, iter([b'{"a"', b":", b"1}"]), {"Transfer-Encoding": "chunked"})

    assert 200 == response.status
    assert [b'{"a":1}'] == [line.body_as_received() for line in receiver.lines()]


def test_repeated_headers_are_kept_as_one_list(receiver: Running) -> None:
    with receiver.connect() as connection:
        twice = "X-Request-Id: a\r\nX-Request-Id: b"
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{twice}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        connection.recv(1000)

    assert {"x-request-id": "a, b"} == receiver.lines()[0].headers


def test_two_hundred_concurrent_deliveries_are_all_landed_once_and_acknowledged(receiver: Running) -> None:
    def deliver(number: int) -> str:
        return receiver.request("POST", PATH, b'{"number": %d}' % number).json()["landing_id"]

    with ThreadPoolExecutor(50) as clients:
        acknowledged = list(clients.map(deliver, range(200)))

    landed = {line.landing_id: json.loads(line.body_as_received())["number"] for line in receiver.lines()}
    assert {landing_id: number for number, landing_id in enumerate(acknowledged)} == landed


def test_one_connection_carries_many_deliveries(receiver: Running) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=SOON)
    statuses = []
    for number in range(20):
        connection.request("POST", PATH, b"%d" % number)
        response = connection.getresponse()
        statuses.append(response.status)
        response.read()
    connection.close()

    assert [200] * 20 == statuses
    assert [b"%d" % number for number in range(20)] == [line.body_as_received() for line in receiver.lines()]


def test_a_delivery_that_cannot_be_stored_is_answered_503_with_retry_after(serve: Callable[..., Running]) -> None:
    receiver = serve()
    receiver.landing.write_text("a file where the folder should be")

    refused = receiver.request("POST", PATH, b"1")
    receiver.landing.unlink()
    taken = receiver.request("POST", PATH, b"2")

    assert (503, "10") == (refused.status, refused.headers["retry-after"])
    assert {"status": "not_stored"} == refused.json()
    assert 1 == receiver.metric('sighten_deliveries_total{outcome="not_stored"}')
    assert 200 == taken.status
    assert [b"2"] == [line.body_as_received() for line in receiver.lines()]


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "HEAD"])
def test_another_method_is_answered_405(receiver: Running, method: str) -> None:
    response = receiver.request(method, PATH, b"{}")

    assert (405, "POST, PUT, PATCH") == (response.status, response.headers["allow"])
    assert [] == receiver.lines()


@pytest.mark.parametrize("path", ["/", "/webhooks", PATH + "/more", PATH + "//", "/healthz/x"])
def test_another_path_is_answered_404(receiver: Running, path: str) -> None:
    response = receiver.request("POST", path, b"{}")

    assert 404 == response.status
    assert [] == receiver.lines()


def test_healthz_is_ready_while_landing_can_be_written(receiver: Running) -> None:
    response = receiver.request("GET", "/healthz")

    assert (200, {"status": "ready"}) == (response.status, response.json())
    assert [] == landing_files(receiver.landing)


def test_healthz_gives_the_reason_when_landing_cannot_be_written(serve: Callable[..., Running]) -> None:
    receiver = serve()
    receiver.landing.write_text("a file where the folder should be")

    response = receiver.request("GET", "/healthz")

    assert (503, "not_ready") == (response.status, response.json()["status"])
    assert str(receiver.landing) in response.json()["reason"]
    assert "retry-after" in response.headers


def test_the_metrics_count_outcomes_bytes_and_groups(serve: Callable[..., Running]) -> None:
    receiver = serve()
    receiver.request("POST", PATH, b"12345")

    text = receiver.request("GET", "/metrics").content.decode()

    for line in (
        'sighten_deliveries_total{outcome="landed"} 1.0',
        'sighten_deliveries_total{outcome="not_stored"} 0.0',
        "sighten_landed_bytes_total 5.0",
        "sighten_group_size_count 1.0",
        "sighten_commit_seconds_count 1.0",
        "sighten_waiting_bytes 0.0",
    ):
        assert line in text.splitlines()


def test_what_a_connection_held_is_freed_without_the_garbage_collection(serve: Callable[..., Running]) -> None:
    receiver = serve()
    gc.collect()
    gc.disable()
    try:
        before = held()
        for method in ("POST", "GET"):
            receiver.request(method, PATH, b"{}")
        receiver.wait_for(lambda: held() <= before)
    finally:
        gc.enable()


def held() -> int:
    return sum(type(thing) in (Connection, Submission) for thing in gc.get_objects())

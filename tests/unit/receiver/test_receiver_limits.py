from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from support.receiving import PATH, Running


def test_a_body_as_large_as_the_limit_is_landed(serve: Callable[..., Running]) -> None:
    receiver = serve(max_body_bytes=100_000)

    responses = [
        receiver.request("POST", PATH, b"x" * 100_000),
        receiver.request("POST", PATH, iter([b"x" * 100_000]), {"Transfer-Encoding": "chunked"}),
    ]

    assert [200, 200] == [response.status for response in responses]


def test_a_body_announced_over_the_limit_is_refused_with_413_before_it_is_sent(
    serve: Callable[..., Running],
) -> None:
    receiver = serve(max_body_bytes=100_000)
    with receiver.connect() as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100001\r\n\r\n".encode())

        response = connection.recv(10_000)

    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in response
    assert [] == receiver.lines()


def test_a_chunked_body_is_refused_with_413_as_soon_as_it_passes_the_limit(serve: Callable[..., Running]) -> None:
    receiver = serve(max_body_bytes=100_000)
    with receiver.connect() as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        connection.sendall(b"186A1\r\n" + b"x" * 100_001 + b"\r\n")

        response = connection.recv(10_000)  # and the body has not ended

    assert response.startswith(b"HTTP/1.1 413 ")
    assert [] == receiver.lines()


@pytest.mark.parametrize("chunked", [False, True])
def test_a_sender_that_sends_a_whole_body_over_the_limit_can_read_the_413(
    serve: Callable[..., Running], *, chunked: bool
) -> None:
    receiver = serve(max_body_bytes=100_000)
    body = iter([b"x" * 100_000] * 200) if chunked else b"x" * 20_000_000

    response = receiver.request("POST", PATH, body, {"Transfer-Encoding": "chunked"} if chunked else {})

    assert 413 == response.status
    assert {"status": "too_large", "max_body_bytes": 100_000} == response.json()
    assert 1 == receiver.metric('sighten_deliveries_total{outcome="too_large"}')
    assert 0 == receiver.metric("sighten_waiting_bytes")


def test_a_client_that_disconnects_leaves_nothing(serve: Callable[..., Running]) -> None:
    receiver = serve()
    for framing in (b"Content-Length: 100\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"):
        with receiver.connect() as connection:
            connection.sendall(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n" + framing)

    receiver.wait_for(lambda: receiver.metric('sighten_deliveries_total{outcome="incomplete"}') == 2)
    assert [] == receiver.lines()
    assert 0 == receiver.metric("sighten_waiting_bytes")


def test_a_body_that_is_late_is_answered_408(serve: Callable[..., Running]) -> None:
    receiver = serve(body=0.1)
    with receiver.connect() as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())

        response = connection.recv(10_000)

    assert response.startswith(b"HTTP/1.1 408 ")
    assert [] == receiver.lines()
    assert 0 == receiver.metric("sighten_waiting_bytes")


def test_bodies_waiting_in_memory_are_bounded_and_further_ones_are_answered_503(
    serve: Callable[..., Running],
) -> None:
    receiver = serve(max_body_bytes=40_000_000)  # so at most 80 MB wait
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n".encode()
    unfinished = [receiver.connect() for _ in range(2)]
    for connection in unfinished:
        connection.sendall(head + b"x" * 39_999_999)
    receiver.wait_for(lambda: receiver.metric("sighten_waiting_bytes") == 79_999_998)

    refused = receiver.request("POST", PATH, b"xxx")
    for connection in unfinished:
        connection.close()
    receiver.wait_for(lambda: receiver.metric("sighten_waiting_bytes") == 0)
    taken = receiver.request("POST", PATH, b"xxx")

    assert (503, "1") == (refused.status, refused.headers["retry-after"])
    assert 200 == taken.status
    assert [b"xxx"] == [line.body_as_received() for line in receiver.lines()]


def test_others_are_answered_while_a_large_body_is_checked(serve: Callable[..., Running]) -> None:
    receiver = serve(max_body_bytes=10_000_000)
    body = b"[" + b"[]," * 3_000_000 + b"[]]"  # parsing it would block the interpreter for more than a second
    slowest, began = 0.0, monotonic()

    with ThreadPoolExecutor(1) as client:
        large = client.submit(receiver.request, "POST", PATH, body)
        while not large.done():
            started = monotonic()
            receiver.request("GET", "/nothing")
            slowest = max(slowest, monotonic() - started)

    assert 200 == large.result().status
    assert slowest < max(0.5, (monotonic() - began) / 4)  # a quarter of the time on a slow machine

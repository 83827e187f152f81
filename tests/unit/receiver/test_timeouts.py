"""Clients that connect and send no complete request head, against a running receiver."""

import socket
import threading
from collections.abc import Callable

import pytest

from support.receiving import PATH, Running

HEAD_SECONDS = 0.2
REQUEST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n".encode()


@pytest.fixture
def receiver(serve: Callable[..., Running]) -> Running:
    return serve(first=HEAD_SECONDS, head=HEAD_SECONDS)


def drip(connection: socket.socket) -> None:
    connection.sendall(REQUEST[:-2] + b"X: ")
    pause = threading.Event()
    for _ in range(100):
        pause.wait(HEAD_SECONDS / 10)
        connection.sendall(b"P")


@pytest.mark.parametrize("sent", [b"", b"POST", REQUEST[:-2]])
def test_a_connection_without_a_complete_head_is_closed(receiver: Running, sent: bytes) -> None:
    with receiver.connect() as connection:
        connection.sendall(sent)

        closed = connection.recv(1)

    assert b"" == closed


def test_a_head_that_drips_gets_no_more_time(receiver: Running) -> None:
    with receiver.connect() as connection, pytest.raises(OSError, match=r"reset|Broken pipe"):
        drip(connection)


def test_the_next_head_on_a_connection_has_the_same_timeout(receiver: Running) -> None:
    with receiver.connect() as connection:
        connection.sendall(REQUEST + b"{}")
        first = connection.recv(10_000)
        connection.sendall(b"POST")

        closed = connection.recv(1)

    assert first.startswith(b"HTTP/1.1 200 ")
    assert b"" == closed


def test_bodies_and_idle_times_may_take_longer_than_a_head(receiver: Running) -> None:
    pause = threading.Event()
    responses = []
    with receiver.connect() as connection:
        for _ in range(2):
            connection.sendall(REQUEST + b"{")
            pause.wait(2 * HEAD_SECONDS)
            connection.sendall(b"}")
            responses.append(connection.recv(10_000)[:13])
            pause.wait(2 * HEAD_SECONDS)

    assert [b"HTTP/1.1 200 "] * 2 == responses


def test_silent_clients_do_not_block_deliveries(receiver: Running) -> None:
    silent = [receiver.connect() for _ in range(200)]

    status = receiver.request("POST", PATH, b"{}").status
    closed = [connection.recv(1) for connection in silent]
    for connection in silent:
        connection.close()

    assert 200 == status
    assert [b""] * 200 == closed


def ask_without_reading(connection: socket.socket) -> None:
    connection.sendall(REQUEST + b"{}")  # who delivers may ask as often as it likes
    connection.recv(1000)
    for _ in range(100_000):
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 100)


def test_a_client_that_reads_no_responses_is_closed(serve: Callable[..., Running]) -> None:
    receiver = serve(write=HEAD_SECONDS)
    with receiver.connect() as connection, pytest.raises(OSError, match=r"reset|Broken pipe"):
        ask_without_reading(connection)

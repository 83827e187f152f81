"""Clients that connect and do not say what they want, against a receiver that really listens."""

import socket
import threading
from collections.abc import Callable

import pytest
from receiving import PATH, Running

from sighten_warehouse.receiver.head_timeout import HeadInTime

HEAD_SECONDS = 0.2
REQUEST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n".encode()


@pytest.fixture
def receiver(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setattr(HeadInTime, "head_seconds", HEAD_SECONDS)
    return serve()


def drip(connection: socket.socket) -> None:
    pause = threading.Event()
    for _ in range(100):
        pause.wait(HEAD_SECONDS / 10)
        connection.sendall(b"P")


@pytest.mark.parametrize("said", [b"", b"POST", REQUEST[:-2]])
def test_a_head_that_does_not_come_is_waited_for_no_longer_than_that(receiver: Running, said: bytes) -> None:
    with receiver.connect() as connection:
        connection.sendall(said)

        closed = connection.recv(1)

    assert b"" == closed


def test_a_head_that_drips_is_not_waited_for_any_longer(receiver: Running) -> None:
    with receiver.connect() as connection, pytest.raises(OSError, match=r"reset|Broken pipe"):
        drip(connection)


def test_the_next_head_of_a_connection_has_that_time_too(receiver: Running) -> None:
    with receiver.connect() as connection:
        connection.sendall(REQUEST + b"{}")
        first = connection.recv(10_000)
        connection.sendall(b"POST")

        closed = connection.recv(1)

    assert first.startswith(b"HTTP/1.1 200 ")
    assert b"" == closed


def test_a_body_may_take_longer_than_a_head_and_so_may_the_time_between_requests(receiver: Running) -> None:
    pause = threading.Event()
    answers = []
    with receiver.connect() as connection:
        for _ in range(2):
            connection.sendall(REQUEST + b"{")
            pause.wait(2 * HEAD_SECONDS)
            connection.sendall(b"}")
            answers.append(connection.recv(10_000)[:13])
            pause.wait(2 * HEAD_SECONDS)

    assert [b"HTTP/1.1 200 "] * 2 == answers


def test_who_says_nothing_keeps_nobody_from_delivering(receiver: Running) -> None:
    silent = [receiver.connect() for _ in range(200)]

    status = receiver.ask("POST", PATH, b"{}").status
    closed = [connection.recv(1) for connection in silent]
    for connection in silent:
        connection.close()

    assert 200 == status
    assert [b""] * 200 == closed

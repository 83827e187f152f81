"""Dripping responses on raw sockets: each call ends at its deadline, whichever part drips."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from sighten_warehouse.api.answer import RetryableFailure
from sighten_warehouse.api.deadline import BoundedAdapter
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.address_guard import GuardedAdapter, Unsigned
from sighten_warehouse.errors import ApiUnavailableError
from support.scripted_api import client_of

TOTAL_S, PAUSE_S = 0.3, 0.02
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIPPED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:3] + b"\x08" + bytes(6)
DRIPS = {
    "a header": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n"),
    "provisional answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
    "the size of a chunk": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"T: a\r\n"),
    "the name in a compressed body": (GZIPPED, b"a"),
}


@contextmanager
def dripping(head: bytes, piece: bytes) -> Iterator[str]:
    """A server whose responses start with `head` and then repeat `piece` until the client closes."""
    done = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(head)
            while not done.wait(PAUSE_S):
                connection.sendall(piece)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=[listener.accept()[0]]).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve)
        server.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            listener.shutdown(socket.SHUT_RDWR)
            server.join()


@pytest.mark.parametrize("what", DRIPS)
def test_a_call_ends_at_its_deadline_whatever_part_of_the_response_drips(what: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        dripping(*DRIPS[what]) as url,
        client_of(url, tmp_path, clock=Clock(), retry_policy=RetryPolicy(total_s=TOTAL_S)) as client,
        pytest.raises(ApiUnavailableError, match=r"no complete response|did not end in time"),
    ):
        client.get("/api/v1/project/")

    assert TOTAL_S <= time.monotonic() - began < TOTAL_S + 30  # it would drip for ever


def test_hosts_that_the_api_redirects_to_have_the_same_deadline() -> None:
    clock, adapter = Clock(), GuardedAdapter(allowed={"loopback"}, pool_maxsize=1)
    session = HttpSession(auth=Unsigned(), adapter=adapter, clock=clock)
    with dripping(*DRIPS["a header"]) as url, session.open(url, deadline=clock.monotonic() + TOTAL_S) as opened:
        met = opened

    assert RetryableFailure("no complete response (ReadTimeoutError)") == met


def test_without_a_time_limit_a_response_is_read_as_usual() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", b"}") as url, requests.Session() as session:
        session.mount("http://", BoundedAdapter())
        content = session.get(url, timeout=10).content

    assert b"{}" == content

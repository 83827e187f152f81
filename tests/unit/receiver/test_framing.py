"""How requests are told apart on a connection, and what is refused because others could read it differently."""

from collections.abc import Callable

import pytest

from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.request_parser import RequestParser
from support.receiving import PATH, Running

HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"
Serve = Callable[..., Running]


def exchange(receiver: Running, *sent: bytes) -> bytes:
    """All that is answered until the receiver closes the connection."""
    received = []
    with receiver.connect() as connection:
        for piece in sent:
            connection.sendall(piece)
        while piece := connection.recv(100_000):
            received.append(piece)
    return b"".join(received)


@pytest.fixture
def strict(serve: Serve) -> Running:
    return serve(linger=0.1, idle=0.5, body=SHORT, head=SHORT)


SHORT = 2.0


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="two framings"),
        pytest.param(CHUNKED + b"Content-Length: 2\r\n\r\n0\r\n\r\n", id="two framings, the other way round"),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", id="two lengths"),
        pytest.param(HEAD + b"Content-Length: 2, 3\r\n\r\n{}", id="a list of lengths"),
        pytest.param(HEAD + b"Content-Length: +2\r\n\r\n{}", id="a sign"),
        pytest.param(HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n{}", id="a vast length"),
        pytest.param(HEAD + b"Content-Length : 2\r\n\r\n{}", id="white space before the colon"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="another coding"),
        pytest.param(HEAD + b"Transfer-Encoding: identity\r\n\r\n", id="no coding"),
        pytest.param(CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="chunked twice"),
        pytest.param(CHUNKED.replace(b"1.1", b"1.0") + b"\r\n0\r\n\r\n", id="chunks in HTTP/1.0"),
        pytest.param(HEAD.replace(b"\r\n", b"\n") + b"Content-Length: 2\n\n{}", id="bare line feeds"),
        pytest.param(HEAD + b"X: a\n b\r\nContent-Length: 2\r\n\r\n{}", id="a bare line feed in a header"),
        pytest.param(HEAD + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", id="a folded header"),
        pytest.param(HEAD + b"X: a\0b\r\nContent-Length: 2\r\n\r\n{}", id="a NUL"),
        pytest.param(HEAD + b"Host: y\r\nContent-Length: 2\r\n\r\n{}", id="two hosts"),
        pytest.param(HEAD.replace(b"Host: x\r\n", b"") + b"Content-Length: 2\r\n\r\n{}", id="no host"),
        pytest.param(HEAD.replace(b"1.1", b"2.0") + b"Content-Length: 2\r\n\r\n{}", id="another version"),
        pytest.param(HEAD + b"X: " + b"x" * 70_000 + b"\r\nContent-Length: 2\r\n\r\n{}", id="a vast head"),
        pytest.param(HEAD + b"X: x\r\n" * 15_000, id="a head without an end"),
        pytest.param(HEAD + b"X: x\r\n" * 101 + b"Content-Length: 2\r\n\r\n{}", id="a hundred headers and more"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="TLS"),
        pytest.param(b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", id="CONNECT"),
    ],
)
def test_ambiguous_framing_is_answered_400_and_the_connection_closed(strict: Running, request_bytes: bytes) -> None:
    answered = exchange(strict, request_bytes)

    assert answered.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nconnection: close\r\n" in answered
    assert b'"status": "bad_request"' in answered
    assert 1 == answered.count(b"HTTP/1.1 ")
    assert [] == strict.lines()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"2\r\n{}\r\nx\r\n\r\n", id="no size"),
        pytest.param(b"2\n{}\n0\n\n", id="bare line feeds"),
        pytest.param(b"2\r\n{}xx0\r\n\r\n", id="no line break after a chunk"),
        pytest.param(b"1\r\n{\r\n" * 20_000, id="thousands of one-byte chunks"),
        pytest.param(b"1;" + b"x" * 100_000, id="a vast extension of a chunk"),
        pytest.param(b"2\r\n{}\r\n0\r\nX: " + b"x" * 100_000, id="a vast trailer"),
        pytest.param(b"2\r\n{}\r\n0\r\n" + b"X: x\r\n" * 20_000, id="trailers without an end"),
    ],
)
def test_a_body_with_bad_chunks_is_answered_400_and_not_landed(strict: Running, body: bytes) -> None:
    answered = exchange(strict, CHUNKED + b"\r\n", body)

    assert answered.startswith(b"HTTP/1.1 400 ")
    assert 1 == answered.count(b"HTTP/1.1 ")
    assert 0 == strict.metric("sighten_waiting_bytes")
    assert [] == strict.lines()


def test_many_chunks_of_some_size_are_landed(receiver: Running) -> None:
    with receiver.connect() as connection:
        connection.sendall(CHUNKED + b"\r\n" + b"14\r\n" + b"0123456789" * 2 + b"\r\n")
        connection.sendall((b"14\r\n" + b"0123456789" * 2 + b"\r\n") * 5999 + b"0\r\n\r\n")
        answered = connection.recv(1000)

    assert answered.startswith(b"HTTP/1.1 200 ")
    assert [b"0123456789" * 12_000] == [line.body_as_received() for line in receiver.lines()]


def test_chunks_that_came_together_are_handed_over_together() -> None:
    requests = Recorded()
    parser = RequestParser(requests)

    parser.feed(CHUNKED + b"\r\n" + b"1\r\nx\r\n" * 500)
    parser.feed(b"1\r\ny\r\n" * 500 + b"0\r\n\r\n" + HEAD + b"Content-Length: 1\r\n\r\nz")

    assert ["begin", b"x" * 500, b"y" * 500, "end", "begin", b"z", "end"] == requests.calls


class Recorded:
    """What the parser found."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def begin(self, *_: object, **_kept: object) -> None:
        self.calls.append("begin")

    def add(self, piece: bytes) -> None:
        self.calls.append(piece)

    def end(self) -> None:
        self.calls.append("end")


def test_trailers_change_nothing(receiver: Running) -> None:
    trailers = b"X-Request-Id: late\r\nHost: y\r\n"
    with receiver.connect() as connection:
        connection.sendall(CHUNKED + b"X-Request-Id: early\r\n\r\n2\r\n{}\r\n0\r\n" + trailers + b"\r\n")
        answered = connection.recv(1000)

    [line] = receiver.lines()
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert ({"x-request-id": "early"}, b"{}") == (line.headers, line.body_as_received())


def test_requests_sent_ahead_are_answered_in_order(receiver: Running) -> None:
    numbers = range(500)
    deliveries = b"".join(HEAD + b"Content-Length: 3\r\n\r\n%03d" % number for number in numbers)

    answered = exchange(receiver, deliveries + b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")

    *landed, last = answered.split(b"HTTP/1.1 ")[1:]
    landing_ids = [response.split(b'"')[3].decode() for response in landed]
    by_id = {line.landing_id: line.body_as_received() for line in receiver.lines()}
    assert [b"%03d" % number for number in numbers] == [by_id[landing_id] for landing_id in landing_ids]
    assert last.startswith(b"404 ")


def test_a_connection_that_delivers_nothing_is_closed_after_a_hundred_requests(strict: Running) -> None:
    answered = exchange(strict, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 120)

    assert 100 == answered.count(b"HTTP/1.1 200 ")
    assert 1 == answered.count(b"\r\nconnection: close\r\n")


def test_a_connection_that_delivers_is_not_closed_after_a_hundred_requests(receiver: Running) -> None:
    question = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with receiver.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")
        first = connection.recv(1000)

        connection.sendall(question * 100 + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answered = b"".join(iter(lambda: connection.recv(100_000), b""))

    assert first.startswith(b"HTTP/1.1 200 ")
    assert 100 == answered.count(b"HTTP/1.1 200 ")
    assert 1 == answered.count(b"HTTP/1.1 404 ")


def test_questions_that_came_together_are_answered_with_one_text(serve: Serve) -> None:
    metrics = CountedMetrics()
    receiver = serve(metrics=metrics)

    answered = exchange(
        receiver, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 90 + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    )

    assert 90 == answered.count(b"HTTP/1.1 200 ")
    assert 30 > metrics.texts


class CountedMetrics(ReceiverMetrics):
    """Metrics that count how often somebody asked for them."""

    texts = 0

    def text(self) -> bytes:
        self.texts += 1
        return super().text()


def test_what_follows_the_last_request_of_a_connection_is_ignored(receiver: Running) -> None:
    last = HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}"

    answered = exchange(receiver, last + HEAD + b"Content-Length: 2\r\n\r\n[]")

    assert [b"200 OK"] == [response[:6] for response in answered.split(b"HTTP/1.1 ")[1:]]
    assert b"\r\nconnection: close\r\n" in answered
    assert [b"{}"] == [line.body_as_received() for line in receiver.lines()]


def test_a_request_of_http_1_0_ends_its_connection(receiver: Running) -> None:
    answered = exchange(receiver, f"POST {PATH} HTTP/1.0\r\nContent-Length: 2\r\n\r\n{{}}".encode())

    assert answered.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answered


@pytest.mark.parametrize(
    "framed", [b"Content-Length: 2\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]
)
@pytest.mark.parametrize("split", [False, True])
def test_an_offered_upgrade_is_declined_and_the_delivery_landed(
    receiver: Running, framed: bytes, *, split: bool
) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    sent = HEAD + upgrade + framed
    with receiver.connect() as connection:
        for piece in [sent[:-1], sent[-1:]] if split else [sent]:
            connection.sendall(piece)
        first = connection.recv(1000)
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]")
        second = connection.recv(1000)

    assert [b"HTTP/1.1 200"] * 2 == [first[:12], second[:12]]
    assert [b"{}", b"[]"] == [line.body_as_received() for line in receiver.lines()]


def test_a_sender_that_asks_first_is_told_to_send_the_body(receiver: Running) -> None:
    with receiver.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        first = connection.recv(1000)
        connection.sendall(b"{}")
        second = connection.recv(1000)

    assert b"HTTP/1.1 100 Continue\r\n\r\n" == first
    assert second.startswith(b"HTTP/1.1 200 ")


def test_a_sender_that_asks_first_is_refused_before_it_sends(serve: Serve) -> None:
    receiver = serve(max_body_bytes=10)
    with receiver.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 20\r\n\r\n")

        answered = connection.recv(1000)

    assert answered.startswith(b"HTTP/1.1 413 ")


def test_a_response_to_head_has_no_content(receiver: Running) -> None:
    with receiver.connect() as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")

        answered = connection.recv(1000)

    assert answered.startswith(b"HTTP/1.1 200 OK\r\ndate: ")
    assert answered.endswith(b"\r\n\r\n")

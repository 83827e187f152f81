"""Strangers that hold memory or connections take none from genuine senders, even behind the same proxy."""

import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from sighten_warehouse.receiver.connections import Connections, network_of
from sighten_warehouse.receiver.deadline import PACE_BYTES, BodyTime, Timeouts
from sighten_warehouse.receiver.memory import WaitingBytes
from support.receiving import PATH, Running
from support.signing import BODY, configured, send, signature

Serve = Callable[..., Running]
SIGNED = ("X-Sighten-Signature", signature("a secret").hex().encode())
WRONG = b"X-Sighten-Signature: " + b"0" * 64
SHORT = 0.2


def head(size: int, *headers: bytes) -> bytes:
    lines = [b"POST %b HTTP/1.1" % PATH.encode(), b"Host: x", *headers, b"Content-Length: %d" % size]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def announce(receiver: Running, size: int) -> socket.socket:
    """A connection that announces a body with a wrong signature, and sends nothing of it."""
    connection = receiver.connect()
    connection.sendall(head(size, WRONG))
    return connection


def test_stalled_bodies_of_strangers_do_not_keep_a_genuine_delivery_out(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", "a secret"), max_body_bytes=25_000_000)
    with ExitStack() as stack:
        strangers = [stack.enter_context(announce(receiver, 25_000_000)) for _ in range(3)]
        for stranger in strangers:
            stranger.sendall(b"x" * 24_000_000)

        statuses = [send(receiver, SIGNED) for _ in range(3)]
        held = receiver.metric("sighten_waiting_bytes")
        given_up = strangers[0].recv(1000)

    assert [200] * 3 == statuses
    assert 50_000_000 > held
    assert given_up.startswith(b"HTTP/1.1 503 ")
    assert [BODY] * 3 == [line.body_as_received() for line in receiver.lines()]


@pytest.mark.parametrize("sent", [b"", b"x" * 100])
def test_a_body_that_stalls_is_cut_off_long_before_the_time_for_a_whole_one(serve: Serve, sent: bytes) -> None:
    receiver = serve(first=SHORT, pace=SHORT)
    with receiver.connect() as connection:
        connection.sendall(head(900_000) + sent)

        response = connection.recv(1000)

    assert response.startswith(b"HTTP/1.1 408 ")
    assert 0 == receiver.metric("sighten_waiting_bytes")


def test_a_body_gets_time_for_each_part_of_it_and_not_more_than_for_the_whole() -> None:
    body = BodyTime(Timeouts(first=1, pace=10, body=25))
    body.begin(None)
    given = [body.seconds(10, now=100.0), body.seconds(10, now=101.0)]
    body.add(10)

    given += [body.seconds(received, now=105.0) for received in (10, PACE_BYTES - 20, 10, 9, 1)]
    given += [body.seconds(PACE_BYTES, now=now) for now in (115.0, 120.0)]

    assert [1, None, 10, None, None, None, 10, 10, 5] == given


class Body:
    """What holds the bytes of a body."""

    def __init__(self, name: str, peer: str | None, waiting: WaitingBytes, given_up: list[str]) -> None:
        self.name = name
        self.peer = peer
        self.size = 0
        self._waiting = waiting
        self._given_up = given_up

    def give_up(self) -> None:
        self._given_up.append(self.name)
        self._waiting.release(self)


def test_of_unproven_bodies_the_largest_of_the_peer_with_most_is_given_up_first() -> None:
    waiting, given_up = WaitingBytes(1000), []

    def begin(name: str, peer: str | None, size: int) -> Body | None:
        body = Body(name, peer, waiting, given_up)
        return body if waiting.take(body, size) else None

    complete, *begun = begin("a1", "a", 200), begin("a2", "a", 300), begin("b1", "b", 350), begin("c1", "c", 200)
    begun.append(begin("proven", None, 400))
    for body in (complete, begun[2]):
        assert body
        waiting.keep(body)
    one_too_many = begin("one too many", "d", 201)

    assert None not in begun
    assert None is one_too_many
    assert ["a2", "b1"] == given_up
    assert 800 == waiting.total


def test_the_unproven_bodies_of_one_peer_take_three_quarters_at_most() -> None:
    waiting, given_up = WaitingBytes(1000), []
    bodies = [Body(name, "a", waiting, given_up) for name in ("larger", "smaller")]

    taken = [waiting.take(bodies[0], 700), waiting.take(bodies[1], 100)]

    assert [True, True] == taken
    assert (["larger"], 100) == (given_up, waiting.total)


@pytest.mark.parametrize("sent", [b"", b"POST", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"])
def test_more_connections_than_there_is_room_for_keep_no_genuine_sender_out(serve: Serve, sent: bytes) -> None:
    receiver = serve(max_connections=10)
    with ExitStack() as stack:
        genuine = stack.enter_context(receiver.connect())
        genuine.sendall(head(2) + b"{}")
        first = genuine.recv(1000)
        strangers = [stack.enter_context(receiver.connect()) for _ in range(100)]
        for stranger in strangers[:20]:
            stranger.sendall(sent)

        another = receiver.request("POST", PATH, b"[]").status
        genuine.sendall(head(2) + b"{}")
        second = genuine.recv(1000)

    assert [b"HTTP/1.1 200"] * 2 == [first[:12], second[:12]], "a connection that delivered is not closed for strangers"
    assert 200 == another
    assert 3 == len(receiver.lines())


class Named:
    """A connection, as far as its place goes."""

    def __init__(self, peer: str, left: list[str], *, may_leave: bool = True) -> None:
        self.peer = peer
        self.may_leave = may_leave
        self.landed_at = 0.0
        self._left = left

    def leave(self) -> None:
        self._left.append(self.peer)

    stop = refuse = leave


def test_the_stranger_that_leaves_is_the_oldest_of_the_peer_with_most_and_the_last_are_proven_ones() -> None:
    left: list[str] = []
    connections = Connections(4)
    busy, proven = Named("many", left, may_leave=False), Named("a genuine one", left)
    members = [busy, Named("many", left), proven, Named("few", left)]
    for member in members:
        connections.add(member)
    connections.prove(proven)

    let_in = [connections.add(Named(f"new {number}", left, may_leave=False)) for number in range(4)]

    assert ["many", "few", "a genuine one"] == left
    assert [True, True, True, False] == let_in
    assert 4 == len(connections) == len(list(connections))


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("", ""),
    ],
)
def test_the_addresses_of_one_ipv6_network_are_one_peer(host: str, network: str) -> None:
    assert network == network_of(host)

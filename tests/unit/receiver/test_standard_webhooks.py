"""Standard Webhooks over real HTTP: signed, fresh and accepted once."""

import base64
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from structlog.testing import capture_logs

from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.receiver.auth.landed_attempts import landed_attempts
from sighten_warehouse.receiver.auth.replays import Replays
from support.receiving import Running
from support.signing import (
    BODY,
    NOW,
    WHSEC,
    Header,
    configured,
    key_of,
    response_before_the_body,
    send,
    signature,
    standard,
)

Serve = Callable[..., Running]
KEY = key_of(WHSEC)
OTHER = "whsec_" + base64.b64encode(b"another secret of some length").decode()


@pytest.mark.parametrize(
    ("secret", "settings", "key"),
    [
        pytest.param(WHSEC, {}, KEY, id="the secret says so"),
        pytest.param(f"{OTHER},{WHSEC}", {}, KEY, id="the second secret"),
        pytest.param("a raw secret", {"webhook_header": "Webhook-Signature"}, b"a raw secret", id="the header says so"),
        pytest.param(WHSEC, {"webhook_header": "webhook-signature"}, KEY, id="both say so"),
    ],
)
def test_a_signature_of_id_time_and_body_is_accepted(
    serve: Serve, secret: str, settings: dict[str, str], key: bytes
) -> None:
    receiver = serve(authentication=configured("hmac", secret, **settings))

    assert 200 == send(receiver, *standard(key))
    assert [BODY] == [line.body_as_received() for line in receiver.lines()]


def test_the_signature_is_the_one_of_the_published_example(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC, clock=lambda: 1614265330.0))
    headers = [
        ("webhook-id", b"msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", b"1614265330"),
        ("webhook-signature", b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ]

    assert 200 == send(receiver, *headers, body=b'{"test": 2432232314}')


def test_one_right_signature_among_several_is_enough(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))
    delivery_id, timestamp, (name, right) = standard(KEY)
    wrong = standard(b"wrong")[2][1]

    assert 200 == send(receiver, delivery_id, timestamp, (name, b"v1a,x " + wrong + b" " + right))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="missing"),
        pytest.param(standard(KEY)[1:], id="no id"),
        pytest.param(standard(KEY)[::2], id="no timestamp"),
        pytest.param(standard(KEY)[:2], id="no signature"),
        pytest.param(standard(b"wrong"), id="wrong"),
        pytest.param(standard(key_of(OTHER)), id="rotated out"),
        pytest.param(standard(WHSEC.encode()), id="the secret not decoded"),
        pytest.param([*standard(KEY)[:2], ("webhook-signature", standard(KEY)[2][1][:-1])], id="truncated"),
        pytest.param([*standard(KEY)[:2], ("webhook-signature", standard(KEY)[2][1][3:])], id="no version"),
        pytest.param([*standard(KEY), standard(KEY)[0]], id="id twice"),
        pytest.param([*standard(KEY), standard(KEY)[1]], id="timestamp twice"),
        pytest.param([*standard(KEY), standard(KEY)[2]], id="signature twice"),
        pytest.param([("webhook-id", b"msg_2"), *standard(KEY)[1:]], id="another id"),
        pytest.param([standard(KEY)[0], ("webhook-timestamp", b"%d" % (NOW + 1)), standard(KEY)[2]], id="another time"),
        pytest.param([standard(KEY)[0], ("webhook-timestamp", b"now"), standard(KEY)[2]], id="no time"),
        pytest.param([standard(KEY)[0], ("webhook-timestamp", b"9" * 5000), standard(KEY)[2]], id="far too long"),
        pytest.param([standard(KEY)[0], ("webhook-timestamp", "١٢".encode()), standard(KEY)[2]], id="other digits"),
        pytest.param(standard(KEY, delivery_id=b"msg.1"), id="a full stop in the id"),
        pytest.param(standard(KEY, delivery_id=b"\xe9"), id="an id that is not ASCII"),
        pytest.param([("X-Sighten-Signature", signature(WHSEC).hex().encode())], id="only the body signed"),
    ],
)  # fmt: skip
def test_nothing_else_is_accepted(guarded: Serve, headers: list[Header]) -> None:
    receiver = guarded("hmac", WHSEC)

    assert 401 == send(receiver, *headers)
    assert [] == receiver.lines()


def test_a_body_that_was_serialised_again_is_refused(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))

    assert 401 == send(receiver, *standard(KEY), body=BODY.replace(b": ", b":"))
    assert 200 == send(receiver, *standard(KEY))


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (300, 200), (301, 401)])
def test_a_timestamp_may_be_five_minutes_off_and_no_more(guarded: Serve, seconds: int, status: int) -> None:
    receiver = guarded("hmac", WHSEC)

    assert status == send(receiver, *standard(KEY, timestamp=NOW + seconds))


@pytest.mark.parametrize("timestamp", [NOW - 301, NOW + 301])
def test_a_stale_timestamp_is_refused_before_the_body_is_read(guarded: Serve, timestamp: float) -> None:
    receiver = guarded("hmac", WHSEC)

    assert response_before_the_body(receiver, *standard(KEY, timestamp=timestamp)).startswith(b"HTTP/1.1 401 ")


def test_a_body_that_arrives_after_its_timestamp_expired_is_refused() -> None:
    now = [NOW]
    claim = configured("hmac", WHSEC, clock=lambda: now[0]).claim(
        [(name.lower().encode(), value) for name, value in standard(KEY)]
    )
    assert claim

    proven = [claim.is_proven_by(BODY)]
    now[0] += 301
    proven.append(claim.is_proven_by(BODY))

    assert [True, False] == proven


def test_an_acknowledged_delivery_is_refused_when_repeated(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))

    statuses = [send(receiver, *standard(KEY)) for _ in range(3)]
    before_the_body = response_before_the_body(receiver, *standard(KEY))
    again = [send(receiver, *standard(KEY, timestamp=NOW + 5)), send(receiver, *standard(KEY, delivery_id=b"msg_2"))]

    assert [200, 401, 401] == statuses
    assert before_the_body.startswith(b"HTTP/1.1 401 ")
    assert [200, 200] == again, "the sender's own next attempt has another time"


def test_what_was_acknowledged_before_a_restart_is_refused_when_repeated(serve: Serve) -> None:
    before = serve(authentication=configured("hmac", WHSEC))
    first = send(before, *standard(KEY))

    after = serve(authentication=configured("hmac", WHSEC, landing=before.landing))
    again = [send(after, *standard(KEY)), send(after, *standard(KEY, delivery_id=b"msg_2"))]

    assert (200, [401, 200]) == (first, again)


def test_what_was_merged_or_cannot_be_read_does_not_keep_the_receiver_from_starting(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))
    for number in range(2):
        send(receiver, *standard(KEY, delivery_id=b"msg_%d" % number))
    plain, damaged = sorted(receiver.landing.rglob("*.ndjson"))
    compressed = pa.compress(plain.read_bytes(), codec="zstd", asbytes=True)
    plain.with_name("merged.ndjson.zst").write_bytes(compressed)
    plain.unlink()
    damaged.write_bytes(damaged.read_bytes()[:50])

    with capture_logs() as lines:
        after = serve(authentication=configured("hmac", WHSEC, landing=receiver.landing))

    assert [401, 200] == [send(after, *standard(KEY, delivery_id=b"msg_%d" % number)) for number in range(2)]
    warnings = [
        line["event"] for line in lines if line["log_level"] == "warning"
    ]  # "landed" is logged after its answer
    assert ["replay_memory_incomplete"] == warnings


def test_only_files_written_lately_are_read_at_the_start_the_newest_first(tmp_path: Path) -> None:
    for number, seconds in enumerate((100, 400, 300, 200)):
        headers = {"webhook-id": f"msg_{number}", "webhook-timestamp": "1"}
        line = landing_line(b"{}", landing_id="x", received_at=datetime.now(UTC), headers=headers)
        path = tmp_path / f"received_date=2026-11-23/{number}.ndjson"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(line + landing_line(b"{}", landing_id="y", received_at=datetime.now(UTC)))
        os.utime(path, (seconds, seconds))

    found = [delivery_id for delivery_id, _ in landed_attempts(tmp_path, since=200)]

    assert [b"msg_1", b"msg_2", b"msg_3"] == found


def test_as_many_attempts_are_remembered_as_there_is_room_for() -> None:
    replays = Replays(clock=lambda: 100.0, max_attempts=2)

    remembered = [
        replays.remember(name, until=until) for name, until in ((b"1", 99), (b"2", 150), (b"3", 150), (b"4", 150))
    ]

    assert [True, True, True, False] == remembered
    assert [False, True, True, False] == [
        replays.attempt(name, until=0).was_landed for name in (b"1", b"2", b"3", b"4")
    ]


def test_of_concurrent_copies_one_is_landed(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))

    with ThreadPoolExecutor(20) as clients:
        statuses = list(clients.map(lambda _: send(receiver, *standard(KEY)), range(60)))

    assert 1 == statuses.count(200)
    assert {200, 401, 503} >= set(statuses)
    assert 1 == len(receiver.lines())


def test_a_delivery_that_could_not_be_stored_may_be_repeated(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))
    receiver.landing.write_text("a file where the folder should be")

    refused = send(receiver, *standard(KEY))
    receiver.landing.unlink()
    statuses = [send(receiver, *standard(KEY)) for _ in range(2)]

    assert 503 == refused
    assert [200, 401] == statuses


def test_a_wrong_signature_does_not_use_up_an_attempt(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", WHSEC))

    statuses = [send(receiver, *standard(b"wrong")), send(receiver, *standard(KEY))]

    assert [401, 200] == statuses


def test_a_signature_of_id_time_and_body_is_no_signature_of_a_body(guarded: Serve) -> None:
    receiver = guarded("hmac", "raw secret", webhook_header="webhook-signature")
    headers = standard(b"raw secret")
    signed = headers[0][1] + b"." + headers[1][1] + b"." + BODY
    as_hex = base64.b64decode(headers[2][1].removeprefix(b"v1,")).hex().encode()

    assert 401 == send(receiver, ("X-Sighten-Signature", as_hex), body=signed)
    assert 401 == send(receiver, ("webhook-signature", as_hex), body=signed)


def test_with_a_secret_for_the_body_alone_the_three_headers_are_not_enough(guarded: Serve) -> None:
    receiver = guarded("hmac", "raw secret")

    assert 401 == send(receiver, *standard(b"raw secret"))


def test_attempts_are_forgotten_once_they_would_not_be_accepted() -> None:
    now = [100.0]
    replays = Replays(clock=lambda: now[0])
    for number in range(100):
        attempt = replays.attempt(b"%d" % number, until=200.0 + number)
        assert attempt.begin()
        attempt.end(landed=True)

    known = []
    for seconds in (200.0, 249.5, 300.0):
        now[0] = seconds
        known.append(sum(replays.attempt(b"%d" % number, until=0).was_landed for number in range(100)))

    assert [100, 50, 0] == known


def test_an_attempt_is_landed_once_and_full_replay_protection_refuses_new_ones() -> None:
    now = [100.0]
    replays = Replays(clock=lambda: now[0], max_attempts=2)
    first, second, third = (replays.attempt(name, until=200) for name in (b"1", b"2", b"3"))

    begun = [first.begin(), second.begin(), third.begin()]
    first.end(landed=True)
    second.end(landed=False)
    begun += [first.begin(), third.begin(), second.begin()]
    now[0] = 201
    begun.append(second.begin())

    assert [True, True, False, False, True, False, True] == begun

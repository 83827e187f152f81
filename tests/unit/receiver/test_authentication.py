"""Each authentication scheme over real HTTP: only the right credential is accepted."""

import base64
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from sighten_warehouse.errors import SettingError
from sighten_warehouse.receiver.auth.claims import ANYBODY, any_equal
from sighten_warehouse.receiver.auth.hmac_body import body_signature
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.receiver.refusal_log import RefusalLog
from sighten_warehouse.settings import read_settings
from support.receiving import PATH, Running
from support.signing import BODY, WHSEC, Header, basic, configured, response_before_the_body, send, signature

Serve = Callable[..., Running]
SIGNATURE = "X-Sighten-Signature"
REFUSED = 'sighten_deliveries_total{outcome="unauthenticated"}'


def hex_signature(secret: str = "a secret", body: bytes = BODY) -> bytes:  # noqa: S107  (a test's own)
    return signature(secret, body).hex().encode()


@pytest.mark.parametrize("value", ["the new one", "the old one", "Zürich €"])
def test_a_static_header_accepts_each_of_the_secrets(guarded: Serve, value: str) -> None:
    receiver = guarded("header", "the new one, the old one, Zürich €", webhook_header="X-Key")

    assert 200 == send(receiver, ("x-key", value.encode()))
    assert [BODY] == [line.body_as_received() for line in receiver.lines()]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="missing"),
        pytest.param([("X-Key", b"")], id="empty"),
        pytest.param([("X-Key", b"wrong")], id="wrong"),
        pytest.param([("X-Key", b"a secre")], id="truncated"),
        pytest.param([("X-Key", b"a secrets")], id="too long"),
        pytest.param([("X-Key", b"A SECRET")], id="another case"),
        pytest.param([("X-Key", b"\xff\xfe\xe9")], id="not text"),
        pytest.param([("X-Key", b"a secret"), ("X-Key", b"a secret")], id="twice"),
        pytest.param([("X-Key", b"wrong"), ("X-Key", b"a secret")], id="one of two"),
        pytest.param([("X-Other", b"a secret")], id="another header"),
        pytest.param([("X-Key", b"a secret, rotated-in")], id="all of the secrets"),
    ],
)
def test_a_static_header_accepts_nothing_else(guarded: Serve, headers: list[Header]) -> None:
    receiver = guarded("header", "a secret, rotated-in", webhook_header="X-Key")

    assert 401 == send(receiver, *headers)
    assert [] == receiver.lines()


@pytest.mark.parametrize(
    "authorization",
    [
        basic("user:pass:word"),
        basic("jörg:schlüssel€"),
        ("authorization", b"bAsIc  " + base64.b64encode(b"user:pass:word")),
    ],
)
def test_basic_accepts_user_and_password(guarded: Serve, authorization: Header) -> None:
    receiver = guarded("basic", "user:pass:word, jörg:schlüssel€")

    assert 200 == send(receiver, authorization)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="missing"),
        pytest.param([basic("user:wrong")], id="wrong"),
        pytest.param([basic("user:passwor")], id="truncated"),
        pytest.param([basic("USER:password")], id="another case"),
        pytest.param([("Authorization", b"Basic")], id="nothing after the scheme"),
        pytest.param([("Authorization", b"Basic user:password")], id="not encoded"),
        pytest.param([("Authorization", b"Basic dXNl*")], id="no base64"),
        pytest.param([("Authorization", b"Basic \xff\xe9")], id="not text"),
        pytest.param([("Authorization", b"Bearer " + base64.b64encode(b"user:password"))], id="another scheme"),
        pytest.param([basic("user:password")] * 2, id="twice"),
    ],
)
def test_basic_accepts_nothing_else_and_sends_a_challenge(guarded: Serve, headers: list[Header]) -> None:
    receiver = guarded("basic", "user:password")

    response = response_before_the_body(receiver, *headers)

    assert response.startswith(b"HTTP/1.1 401 ")
    assert b'\r\nwww-authenticate: Basic realm="sighten-warehouse", charset="UTF-8"\r\n' in response
    assert [] == receiver.lines()


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({}, hex_signature()),
        ({}, hex_signature().upper()),
        ({}, hex_signature("rotated-in")),
        ({"webhook_prefix": "sha256="}, b"sha256=" + hex_signature()),
        ({"webhook_encoding": "base64"}, base64.b64encode(signature("a secret"))),
        ({"webhook_encoding": "base64", "webhook_prefix": "client-1:"},
         b"client-1:" + base64.b64encode(signature("a secret"))),
    ],
)  # fmt: skip
def test_hmac_accepts_a_signature_of_the_body(guarded: Serve, settings: dict[str, str], value: bytes) -> None:
    receiver = guarded("hmac", "a secret,rotated-in", **settings)

    assert 200 == send(receiver, (SIGNATURE, value))
    assert [BODY] == [line.body_as_received() for line in receiver.lines()]


def test_the_signature_is_the_one_of_rfc_4231(serve: Serve) -> None:
    receiver = serve(authentication=body_signature(["Jefe"], header=SIGNATURE, encoding="hex", prefix=""))
    expected = b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert 200 == send(receiver, (SIGNATURE, expected), body=b"what do ya want for nothing?")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"status":"APPROVED","name":"Caf\\u00e9"}', id="other white space"),
        pytest.param(b'{"status": "APPROVED", "name": "Caf\xc3\xa9"}', id="other escapes"),
        pytest.param(b'{"name": "Caf\\u00e9", "status": "APPROVED"}', id="another order"),
        pytest.param(BODY + b"\n", id="a line break more"),
        pytest.param(BODY[:-1], id="cut off"),
        pytest.param(b"", id="empty"),
    ],
)
def test_hmac_refuses_a_body_that_was_serialised_again(guarded: Serve, body: bytes) -> None:
    receiver = guarded("hmac", "a secret")

    assert 401 == send(receiver, (SIGNATURE, hex_signature()), body=body)
    assert [] == receiver.lines()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="missing"),
        pytest.param([(SIGNATURE, hex_signature("wrong"))], id="wrong"),
        pytest.param([(SIGNATURE, hex_signature("rotated-out"))], id="rotated out"),
        pytest.param([(SIGNATURE, hex_signature()[:-1])], id="truncated"),
        pytest.param([(SIGNATURE, b"sha256=" + hex_signature())], id="a prefix that is not set"),
        pytest.param([(SIGNATURE, base64.b64encode(signature("a secret")))], id="another encoding"),
        pytest.param([(SIGNATURE, hex_signature()), (SIGNATURE, hex_signature())], id="twice"),
        pytest.param([(SIGNATURE, b"\xe9" * 64)], id="not text"),
        pytest.param([(SIGNATURE, b"a secret")], id="the secret itself"),
    ],
)
def test_hmac_accepts_nothing_else(guarded: Serve, headers: list[Header]) -> None:
    receiver = guarded("hmac", "a secret")

    assert 401 == send(receiver, *headers)
    assert [] == receiver.lines()


@pytest.mark.parametrize("before", [b"", b"sha512=", b"SHA256=", b"sha256= "])
def test_hmac_with_a_prefix_accepts_no_signature_without_it(guarded: Serve, before: bytes) -> None:
    receiver = guarded("hmac", "a secret", webhook_prefix="sha256=")

    assert 401 == send(receiver, (SIGNATURE, before + hex_signature()))


def test_hmac_over_a_large_body_is_checked_whole(guarded: Serve) -> None:
    receiver = guarded("hmac", "a secret")
    body = b"x" * 900_000

    statuses = [
        send(receiver, (SIGNATURE, hex_signature("a secret", signed)), body=body) for signed in (body, body[:-1])
    ]

    assert [200, 401] == statuses


@pytest.mark.parametrize(
    ("auth", "secret", "headers"),
    [
        ("header", "a secret", []),
        ("header", "a secret", [(SIGNATURE, b"wrong")]),
        ("basic", "user:password", [basic("user:wrong")]),
        ("hmac", "a secret", []),
        ("hmac", "a secret", [(SIGNATURE, hex_signature()[1:])]),
        ("hmac", WHSEC, []),
    ],
)
def test_a_credential_that_no_body_could_prove_is_refused_before_the_body_is_read(
    serve: Serve, auth: str, secret: str, headers: list[Header]
) -> None:
    receiver = serve(authentication=configured(auth, secret))

    response = response_before_the_body(receiver, *headers)

    assert response.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in response
    assert 1 == receiver.metric(REFUSED)


def test_a_refused_delivery_is_counted_and_leaves_no_file_and_few_log_lines(serve: Serve) -> None:
    receiver = serve(authentication=configured("hmac", "a secret"))

    with capture_logs() as lines:
        for _ in range(20):
            send(receiver)
            send(receiver, (SIGNATURE, hex_signature("wrong")))

    assert 40 == receiver.metric(REFUSED)
    assert 0 == receiver.metric("sighten_waiting_bytes")
    assert [("refused_unauthenticated", 1)] == [(line["event"], line["times"]) for line in lines]
    assert not receiver.landing.exists() or [] == list(receiver.landing.rglob("*.ndjson*"))


def test_each_kind_of_refusal_is_logged_once_a_minute_with_its_number() -> None:
    now = [100.0]
    refusals = RefusalLog(clock=lambda: now[0])

    with capture_logs() as lines:
        for seconds in (100, 101, 159.9, 160, 161, 220):
            now[0] = seconds
            refusals.add("refused_unauthenticated")
        refusals.add("refused_too_large", max_bytes=1)

    assert [1, 3, 2] == [line["times"] for line in lines if line["event"] == "refused_unauthenticated"]
    assert [(1, 1)] == [(line["times"], line["max_bytes"]) for line in lines if "max_bytes" in line]


def test_a_401_reveals_nothing_about_the_credential(guarded: Serve) -> None:
    receiver = guarded("hmac", "a secret")

    responses = [
        receiver.request("POST", PATH, BODY, headers)
        for headers in ({}, {SIGNATURE: "x"}, {SIGNATURE: hex_signature("wrong").decode()})
    ]

    assert [b'{"status": "unauthenticated"}'] * 3 == [response.content for response in responses]


def test_health_and_metrics_need_no_credential(guarded: Serve) -> None:
    receiver = guarded("basic", "user:password")

    assert [200, 200] == [receiver.request("GET", path).status for path in ("/healthz", "/metrics")]


def test_every_secret_is_compared_so_that_timing_does_not_reveal_which() -> None:
    compared = []

    class Watched(list[bytes]):
        def __iter__(self):  # noqa: ANN204  (a test's own list)
            for secret in super().__iter__():
                compared.append(secret)
                yield secret

    assert any_equal([b"new", b"x"], Watched([b"new", b"old"]))
    assert [b"new", b"old"] * 2 == compared


def test_without_authentication_anybody_may_deliver() -> None:
    assert ANYBODY is authenticator(read_settings({}))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"AUTH": "header"}, "SIGHTEN_WEBHOOK_SECRET: not set"),
        ({"AUTH": "basic", "SECRET": " , "}, "SIGHTEN_WEBHOOK_SECRET: expected secrets with one comma between them"),
        ({"AUTH": "hmac", "SECRET": ","}, "SIGHTEN_WEBHOOK_SECRET: expected secrets with one comma between them"),
        ({"AUTH": "hmac", "SECRET": "a key of enough bytes,,hush"}, "SIGHTEN_WEBHOOK_SECRET: expected secrets with"),
        ({"AUTH": "hmac", "SECRET": "a key of enough bytes,"}, "SIGHTEN_WEBHOOK_SECRET: expected secrets with"),
        ({"AUTH": "hmac", "SECRET": "a key of enough bytes,hush"}, "SIGHTEN_WEBHOOK_SECRET: a key of 4 bytes"),
        ({"AUTH": "hmac", "SECRET": "_"}, "SIGHTEN_WEBHOOK_SECRET: a key of 1 bytes"),
        ({"AUTH": "hmac", "SECRET": "whsec_aHVzaA=="}, "SIGHTEN_WEBHOOK_SECRET: a key of 4 bytes"),
        ({"AUTH": "header", "SECRET": "a"}, "SIGHTEN_WEBHOOK_SECRET: a secret of 1 bytes"),
        ({"AUTH": "basic", "SECRET": "a-long-user:hush"}, "SIGHTEN_WEBHOOK_SECRET: a password of 4 bytes"),
        ({"AUTH": "hmac"}, "SIGHTEN_WEBHOOK_SECRET: not set"),
        ({"AUTH": "none", "SECRET": "hush"}, "SIGHTEN_WEBHOOK_AUTH: `none` lets anybody deliver"),
        ({"AUTH": "basic", "SECRET": "user:password,hush"}, "SIGHTEN_WEBHOOK_SECRET: expected `user:password`"),
        ({"AUTH": "basic", "SECRET": "hush:"}, "SIGHTEN_WEBHOOK_SECRET: expected `user:password`"),
        ({"AUTH": "hmac", "SECRET": "whsec_hush!"}, "SIGHTEN_WEBHOOK_SECRET: expected base64"),
        ({"AUTH": "hmac", "SECRET": "whsec_"}, "SIGHTEN_WEBHOOK_SECRET: expected base64"),
        ({"AUTH": "hmac", "SECRET": f"{WHSEC},hush hush"}, "SIGHTEN_WEBHOOK_SECRET: some begin with"),
        ({"AUTH": "hmac", "SECRET": WHSEC, "HEADER": "X-Hub-Signature"}, "SIGHTEN_WEBHOOK_HEADER: X-Hub-Signature"),
        ({"AUTH": "header", "SECRET": "hush hush", "HEADER": "User-Agent"}, "SIGHTEN_WEBHOOK_HEADER: User-Agent is"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_together_are_refused_by_name_and_show_no_secret(
    settings: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingError) as refused:
        authenticator(read_settings({f"SIGHTEN_WEBHOOK_{name}": text for name, text in settings.items()}))

    message = f"{refused.value} {refused.value.__cause__} {refused.value.__context__}"
    assert message.startswith(named)
    assert "hush" not in message
    assert WHSEC not in message

"""Any credential and body of a stranger: the check refuses it and never raises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sighten_warehouse.receiver.auth.claims import Authentication, RawHeaders
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.settings import read_settings

pytestmark = pytest.mark.deep

NOW = 1_795_435_200
CHECKS = {
    "header": {"AUTH": "header", "SECRET": "a secret,an older one", "HEADER": "X-Key"},
    "basic": {"AUTH": "basic", "SECRET": "user:password"},
    "hex": {"AUTH": "hmac", "SECRET": "a secret", "HEADER": "X-Key", "PREFIX": "sha256="},
    "base64": {"AUTH": "hmac", "SECRET": "a secret,an older one", "HEADER": "X-Key", "ENCODING": "base64"},
    "standard": {"AUTH": "hmac", "SECRET": "a secret", "HEADER": "webhook-signature"},
}

names = st.sampled_from(
    [b"x-key", b"authorization", b"webhook-id", b"webhook-timestamp", b"webhook-signature", b"X-Key", b"other"]
)
almost_right = st.one_of(
    st.from_regex(rb"(sha256=)?[0-9a-fA-F]{62,66}", fullmatch=True),
    st.from_regex(rb"(v1,)?[A-Za-z0-9+/]{42,44}=?( v1,[A-Za-z0-9+/]{43}=)?", fullmatch=True),
    st.from_regex(rb"[Bb]asic +[A-Za-z0-9+/]*={0,3}", fullmatch=True),
    st.integers(NOW - 400, NOW + 400).map(lambda seconds: b"%d" % seconds),
    st.sampled_from([b"msg_1", b"9" * 12, b"9" * 5000, b"-1", "١٢".encode(), b""]),
)
headers = st.lists(st.tuples(names, st.one_of(almost_right, st.binary(max_size=200))), max_size=8)
standard_headers = st.tuples(
    st.tuples(st.just(b"webhook-id"), st.one_of(st.just(b"msg_1"), st.binary(max_size=20))),
    st.tuples(st.just(b"webhook-timestamp"), almost_right),
    st.tuples(st.just(b"webhook-signature"), almost_right),
).map(list)


def check(name: str) -> Authentication:
    given_settings = {f"SIGHTEN_WEBHOOK_{setting}": text for setting, text in CHECKS[name].items()}
    return authenticator(read_settings(given_settings), clock=lambda: float(NOW))


@pytest.mark.parametrize("name", CHECKS)
@settings(max_examples=60)
@given(sent=st.one_of(headers, standard_headers), body=st.binary(max_size=300))
def test_no_header_and_no_body_makes_the_check_raise_or_let_a_stranger_in(
    name: str, sent: RawHeaders, body: bytes
) -> None:
    claim = check(name).claim(sent)

    assert claim is None or not claim.is_proven_by(body)

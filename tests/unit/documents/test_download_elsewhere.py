"""Downloads with redirects: real redirects between servers on loopback, and scripted name resolution."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from sighten_warehouse.api.answer import RetryableFailure
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.documents.address_guard import (
    Address,
    GuardedAdapter,
    Reach,
    Unsigned,
    _embedded_ipv4,
    reach_of,
    reaches_of,
)
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.fetch import next_address
from sighten_warehouse.documents.partial import OVERLAP_BYTES
from support.downloading import PDF, SHA256, download, file_server, in_vault
from support.scripted_api import TOKEN, FakeClock, Request, Response, in_order, json_response, scripted

DOCUMENT = Response(200, PDF, {"Content-Type": "application/pdf"})
NAME = "documents.example"


def led_to(location: str, status: int = 302) -> Response:
    return Response(status, b"", {"Location": location, "Set-Cookie": "session=1; Path=/"})


def elsewhere(*addresses: str, allowed: tuple[Reach, ...] = (), resolved: list[str] | None = None) -> HttpSession:
    """A session for other hosts; every name resolves to these addresses."""

    def resolve(host: str, _: int) -> list[Address]:
        if resolved is not None:
            resolved.append(host)
        return [ip_address(address) for address in addresses]

    adapter = GuardedAdapter(allowed=allowed, resolve=resolve, pool_maxsize=1)
    return HttpSession(auth=Unsigned(), adapter=adapter, clock=FakeClock())


def status_of(session: HttpSession, url: str) -> int | RetryableFailure:
    with session.open(url, deadline=100) as response:
        return response.status_code if isinstance(response, requests.Response) else response


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_followed_without_token_and_cookies(
    tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with (
        scripted(in_order(DOCUMENT)) as storage,
        scripted(in_order(led_to(f"{storage.url}/signed?signature=abc", status))) as api,
    ):
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)
    assert [f"Token {TOKEN}"] == [request.token for request in api.requests]
    assert ["/signed?signature=abc"] == storage.targets
    assert [(None, None)] == [(request.token, request.headers.get("Cookie")) for request in storage.requests]
    assert TOKEN not in str(storage.requests)


def test_a_redirect_back_to_the_api_is_followed_without_the_token(tmp_path: Path) -> None:
    with scripted(lambda _: led_to(f"{api.url}/api/v1/secret")) as storage:

        def script(request: Request) -> Response:
            return DOCUMENT if request.token is None else led_to(f"{storage.url}/x")

        with scripted(script) as api:
            download(tmp_path, api.url)

    assert [f"Token {TOKEN}", None] == [request.token for request in api.requests]


def test_a_document_of_another_host_is_resumed_there(tmp_path: Path) -> None:
    with (
        scripted(file_server(PDF, cut=lambda number: 10_000 if number == 1 else None)) as storage,
        scripted(in_order(led_to(f"{storage.url}/signed"))) as api,
    ):
        record = download(tmp_path, api.url)

    assert "stored" == record.download_status
    assert [None, f"bytes={10_000 - OVERLAP_BYTES}-"] == [request.headers.get("Range") for request in storage.requests]
    assert 2 == len(api.requests)


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (Response(404), "not_found"),
        (Response(403), "refused"),
        (Response(401), "refused"),
        (Response(500), "unreachable"),
        (json_response({"status_code": 401}), "not_a_document"),
    ],
)
def test_a_refusal_by_another_host_says_nothing_about_the_token(
    tmp_path: Path, response: Response, status: str
) -> None:
    with scripted(in_order(response)) as storage, scripted(in_order(led_to(f"{storage.url}/x"))) as api:
        record = download(tmp_path, api.url)

    assert status == record.download_status
    assert [] == in_vault(tmp_path)


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/x",
        "http://192.168.1.1:8080/x",
        "http://169.254.169.254/latest/meta-data",
        "http://[fd00::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://[64:ff9b::a00:1]/x",
        "http://0.0.0.0:{port}/x",
        "http://0:{port}/x",
        "http://[::]:{port}/x",
        "http://224.0.0.1/x",
        "http://255.255.255.255/x",
        "http://user:password@127.0.0.1:{port}/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/x",
        "http://[::1/x",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_a_forbidden_address_is_not_followed(tmp_path: Path, location: str) -> None:
    with scripted(in_order(DOCUMENT)) as storage:
        port = storage.url.rpartition(":")[2]
        with scripted(in_order(led_to(location.replace("{port}", port)))) as api:
            record = download(tmp_path, api.url)

    assert "not_followed" == record.download_status
    assert [] == storage.requests
    assert 1 == len(api.requests)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "127.0.0.1."],
)
def test_loopback_is_refused_in_every_spelling_if_the_api_is_remote(host: str) -> None:
    adapter = GuardedAdapter(allowed=(), pool_maxsize=1)
    session = HttpSession(auth=Unsigned(), adapter=adapter, clock=FakeClock())
    with scripted(in_order(DOCUMENT)) as storage:
        url = storage.url.replace("127.0.0.1", host)

        try:
            met: object = status_of(session, url)
        except DownloadError as error:
            met = error

    assert not isinstance(met, int)
    assert [] == storage.requests


def test_one_bad_address_among_several_is_enough() -> None:
    with pytest.raises(DownloadError, match="redirected to a loopback address"):
        status_of(elsewhere("93.184.215.14", "127.0.0.1"), f"http://{NAME}/x")


def test_the_connection_goes_to_the_checked_address_under_the_requested_name() -> None:
    resolved: list[str] = []
    with scripted(in_order(DOCUMENT)) as storage:
        port = storage.url.rpartition(":")[2]

        status = status_of(elsewhere("127.0.0.1", allowed=("loopback",), resolved=resolved), f"http://{NAME}:{port}/x")

    assert 200 == status
    assert [NAME] == resolved
    assert [f"{NAME}:{port}"] == [request.headers["Host"] for request in storage.requests]


@pytest.mark.parametrize(("name", "is_trusted"), [(NAME, True), ("other.example", False)])
def test_the_certificate_must_match_the_requested_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *, is_trusted: bool
) -> None:
    certificate = a_certificate(tmp_path, name)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    server = HTTPServer(("127.0.0.1", 0), Empty)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.handle_request)
    thread.start()

    status = status_of(elsewhere("127.0.0.1", allowed=("loopback",)), f"https://{NAME}:{server.server_port}/x")

    thread.join()
    server.server_close()
    assert is_trusted == (status == 204)


class Empty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Log nothing."""


def a_certificate(folder: Path, name: str) -> Path:
    """A file with a key and a self-signed certificate for that name."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + certificate.public_bytes(pem))
    return path


def test_redirects_without_end_are_given_up(tmp_path: Path) -> None:
    with scripted(lambda request: led_to(request.target + "x")) as api:
        record = download(tmp_path, api.url)

    assert "not_followed" == record.download_status
    assert 6 == len(api.requests)


def test_a_redirect_from_https_to_http_is_not_followed() -> None:
    assert "https://b.example/x" == next_address("https://b.example/x", seen_at="http://a.example/")
    with pytest.raises(DownloadError, match="from https to http"):
        next_address("http://b.example/x", seen_at="https://a.example/")


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("93.184.215.14", "public"),
        ("2606:2800:21f:cb07::1", "public"),
        ("10.1.2.3", "private"),
        ("172.31.0.1", "private"),
        ("fd12:3456::1", "private"),
        ("127.8.9.10", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("::127.0.0.1", "special"),
        ("169.254.169.254", "special"),
        ("fe80::1", "special"),
        ("100.64.0.1", "special"),
        ("224.0.0.1", "special"),
        ("ff02::1", "special"),
        ("0.0.0.0", "special"),  # noqa: S104  (looked at, not listened on)
        ("::", "special"),
        ("255.255.255.255", "special"),
        ("240.0.0.1", "special"),
        ("192.0.0.192", "special"),
        ("168.63.129.16", "special"),
        ("2002:a83f:8110::", "special"),
        ("fd00:ec2::254", "special"),
        ("fec0::1", "special"),
        ("3fff::1", "special"),
        ("3fff:0fff:ffff::1", "special"),
        ("2001:db8::1", "special"),
        ("64:ff9b:1::a01:203", "special"),
    ],
)
def test_every_address_is_classified(address: str, reach: str) -> None:
    assert reach == reach_of(ip_address(address))


@given(st.ip_addresses())
def test_no_address_is_public_that_python_does_not_call_global(address: Address) -> None:
    inner = _embedded_ipv4(address) or address

    assert inner.is_global or "public" != reach_of(address)


def test_a_proxy_is_not_asked_for_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(in_order(DOCUMENT)) as storage, scripted(in_order(json_response({}))) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        port = storage.url.rpartition(":")[2]

        status = status_of(elsewhere("127.0.0.1", allowed=("loopback",)), f"http://{NAME}:{port}/x")

        assert (200, 1, 0) == (status, len(storage.requests), len(proxy.requests))


def test_the_kind_of_the_apis_own_address_is_allowed() -> None:
    with scripted(in_order(Response())) as api:
        assert {"loopback"} == reaches_of("127.0.0.1", int(api.url.rpartition(":")[2]))
    assert {"loopback"} == reaches_of("[::1]", 80)
    assert frozenset() == reaches_of("no-such-name.invalid", 80)


def test_special_addresses_are_never_allowed() -> None:
    with pytest.raises(DownloadError, match="redirected to a special address"):
        status_of(elsewhere("169.254.169.254", allowed=("special", "private")), f"http://{NAME}/x")

"""Which requests carry the token: real requests to real servers on loopback."""

import pytest
import requests

from sighten_warehouse.api.deadline import BoundedAdapter
from sighten_warehouse.api.origin import Origin, TokenAuth, origin_of
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.settings import Secret
from support.scripted_api import TOKEN, FakeClock, Response, ScriptedApi, in_order, scripted


def session_of(api: ScriptedApi) -> HttpSession:
    origin = origin_of(api.url)
    assert origin
    return HttpSession(auth=TokenAuth(Secret(TOKEN), origin=origin), adapter=BoundedAdapter(), clock=FakeClock())


def status_of(session: HttpSession, url: str) -> int:
    with session.open(url, deadline=100) as response:
        assert isinstance(response, requests.Response)
        return response.status_code


def test_two_servers_on_one_machine_are_two_origins_and_one_gets_the_token() -> None:
    with scripted(in_order(Response())) as api, scripted(in_order(Response())) as elsewhere:
        by_another_name = api.url.replace("127.0.0.1", "localhost")
        session = session_of(api)
        for url in (api.url, elsewhere.url, by_another_name, api.url):
            assert 200 == status_of(session, f"{url}/x")

    assert [f"Token {TOKEN}", None, f"Token {TOKEN}"] == [request.token for request in api.requests]
    assert [None] == [request.token for request in elsewhere.requests]


def test_a_session_follows_no_redirect() -> None:
    with (
        scripted(in_order(Response())) as elsewhere,
        scripted(in_order(Response(302, b"", {"Location": elsewhere.url}))) as api,
    ):
        status = status_of(session_of(api), api.url)

    assert 302 == status
    assert [] == elsewhere.requests


def test_the_token_is_kept_from_other_hosts_even_if_requests_follows_redirects() -> None:
    with (
        scripted(in_order(Response())) as elsewhere,
        scripted(in_order(Response(302, b"", {"Location": elsewhere.url}))) as api,
    ):
        origin = origin_of(api.url)
        assert origin
        requests.get(api.url, auth=TokenAuth(Secret(TOKEN), origin=origin), timeout=10)

    assert [f"Token {TOKEN}"] == [request.token for request in api.requests]
    assert [None] == [request.token for request in elsewhere.requests]


@pytest.mark.parametrize(
    "url",
    [
        "http://engine.example/api",
        "https://engine.example:8443/api",
        "https://engine.example.evil/api",
        "https://evil/engine.example",
        "https://engine.example@evil/api",
        "https://evil\\.engine.example/api",
        "https://evil#@engine.example/api",
        "https://evil?@engine.example/api",
    ],
)
def test_a_request_to_another_origin_is_not_signed_and_loses_its_credentials(url: str) -> None:
    auth = TokenAuth(Secret(TOKEN), origin=Origin("https", "engine.example", 443))

    request = requests.Request("GET", url, headers={"Authorization": "Token left over"}, auth=auth).prepare()

    assert "Authorization" not in request.headers


@pytest.mark.parametrize("url", ["//engine.example/api", "/api", "file://engine.example/api", "https://[engine", ""])
def test_an_address_without_http_or_host_has_no_origin(url: str) -> None:
    assert origin_of(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://Engine.Example/a",
        "HTTPS://engine.example:443/b",
        "https://x:y@engine.example",
        "https://engine.example\\@evil",
    ],
)
def test_an_origin_is_the_same_in_other_spellings(url: str) -> None:
    assert Origin("https", "engine.example", 443) == origin_of(url)

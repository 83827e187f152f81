"""Where the token goes: real requests to real servers on loopback."""

import pytest
import requests
from pydantic import SecretStr
from scripted_api import TOKEN, FakeClock, Said, ScriptedApi, in_turn, scripted

from sighten_warehouse.api.deadline import BoundedAdapter
from sighten_warehouse.api.origin import Origin, TokenAuth, origin_of
from sighten_warehouse.api.session import Exchange


def exchange_of(api: ScriptedApi) -> Exchange:
    origin = origin_of(api.url)
    assert origin
    return Exchange(auth=TokenAuth(SecretStr(TOKEN), origin=origin), adapter=BoundedAdapter(), clock=FakeClock())


def status_of(exchange: Exchange, url: str) -> int:
    with exchange.opened(url, until=100) as response:
        assert isinstance(response, requests.Response)
        return response.status_code


def test_two_servers_on_one_machine_are_two_origins_and_one_gets_the_token() -> None:
    with scripted(in_turn(Said())) as api, scripted(in_turn(Said())) as elsewhere:
        by_another_name = api.url.replace("127.0.0.1", "localhost")
        exchange = exchange_of(api)
        for url in (api.url, elsewhere.url, by_another_name, api.url):
            assert 200 == status_of(exchange, f"{url}/x")

    assert [f"Token {TOKEN}", None, f"Token {TOKEN}"] == [asked.token for asked in api.asked]
    assert [None] == [asked.token for asked in elsewhere.asked]


def test_an_exchange_follows_no_redirect() -> None:
    with scripted(in_turn(Said())) as elsewhere, scripted(in_turn(Said(302, b"", {"Location": elsewhere.url}))) as api:
        status = status_of(exchange_of(api), api.url)

    assert 302 == status
    assert [] == elsewhere.asked


def test_the_token_is_kept_from_elsewhere_even_where_requests_follows_by_itself() -> None:
    with scripted(in_turn(Said())) as elsewhere, scripted(in_turn(Said(302, b"", {"Location": elsewhere.url}))) as api:
        origin = origin_of(api.url)
        assert origin
        requests.get(api.url, auth=TokenAuth(SecretStr(TOKEN), origin=origin), timeout=10)

    assert [f"Token {TOKEN}"] == [asked.token for asked in api.asked]
    assert [None] == [asked.token for asked in elsewhere.asked]


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
def test_a_request_to_another_origin_is_not_signed_and_loses_what_it_had(url: str) -> None:
    auth = TokenAuth(SecretStr(TOKEN), origin=Origin("https", "engine.example", 443))

    request = requests.Request("GET", url, headers={"Authorization": "Token left over"}, auth=auth).prepare()

    assert "Authorization" not in request.headers


@pytest.mark.parametrize("url", ["//engine.example/api", "/api", "file://engine.example/api", "https://[engine", ""])
def test_what_is_no_address_of_the_web_has_no_origin(url: str) -> None:
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
def test_the_same_origin_may_be_spelt_in_other_ways(url: str) -> None:
    assert Origin("https", "engine.example", 443) == origin_of(url)

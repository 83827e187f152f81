"""The client over real HTTP: answers, errors, and where the token goes."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from scripted_api import (
    TOKEN,
    ApiRequest,
    FakeClock,
    Said,
    Script,
    ScriptedApi,
    client_of,
    in_turn,
    said_json,
    scripted,
)
from structlog.testing import capture_logs

from sighten_simulator.api.app import build_api
from sighten_simulator.api.faults import Faults
from sighten_simulator.serve import served
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.errors import NotFoundError, RefusedCallError
from sighten_warehouse.errors import (
    ApiContractError,
    ApiUnavailableError,
    AuthenticationError,
    PermissionDeniedError,
    RejectedError,
    SettingError,
    WarehouseError,
)
from sighten_warehouse.settings import Settings

PATH = "/api/data/quote/{quote_id}/"
QUOTE = "0b4f7a4c-30d6-4a5c-9a53-7f8a1c0e4f11"

Opened = tuple[ApiClient, ScriptedApi]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Script], Opened]]:
    """A client and the server that it asks."""
    with ExitStack() as stack:

        def start(script: Script) -> Opened:
            api = stack.enter_context(scripted(script))
            return stack.enter_context(client_of(api.url, tmp_path)), api

        yield start


def raised(client: ApiClient, path: str = PATH) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        client.get(path, ids={"quote_id": QUOTE} if "{" in path else None)
    return caught.value


def test_an_answer_has_the_raw_bytes_what_was_asked_and_when(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_turn(Said(body=b'{"a":  1}', headers={"Content-Type": "application/json"})))

    answer = client.get(PATH, ids={"quote_id": QUOTE}, query={"metrics": "a,b", "limit": 5})

    assert b'{"a":  1}' == answer.body
    assert {"a": 1} == answer.content
    assert 200 == answer.status
    assert f"/api/data/quote/{QUOTE}/?metrics=a,b&limit=5" == answer.target == api.targets[0]
    assert "2026-11-23T12:00:00" == f"{answer.received_at:%Y-%m-%dT%H:%M:%S}"
    assert f"Token {TOKEN}" == api.asked[0].token


def test_an_id_stays_one_part_of_the_path(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_turn(Said()))

    client.get(PATH, ids={"quote_id": "../a?b=c"})

    assert ["/api/data/quote/..%2Fa%3Fb%3Dc/"] == api.targets
    for hostile in ("", ".", ".."):
        with pytest.raises(RejectedError, match="expected an id"):
            client.get(PATH, ids={"quote_id": hostile})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RefusedCallError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (422, RefusedCallError),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_an_error_is_the_same_inside_a_200_and_is_asked_for_once(
    opened: Callable[[Script], Opened], status: int, error: type[WarehouseError], *, inside: bool
) -> None:
    body = {"data": [], "messages": {"error": ["no"]}, "status_code": status}
    client, api = opened(in_turn(said_json(body, 200 if inside else status)))

    met = raised(client)

    assert error is type(met)
    assert 1 == len(api.asked)
    assert QUOTE not in str(met)


@pytest.mark.parametrize("status", [429, 503])
def test_a_passing_error_inside_a_200_is_tried_again(opened: Callable[[Script], Opened], status: int) -> None:
    client, api = opened(in_turn(said_json({"data": [], "status_code": str(status)}), said_json({"data": [1]})))

    answer = client.get("/api/data/quote/")

    assert {"data": [1]} == answer.content
    assert 2 == len(api.asked)


@pytest.mark.parametrize("status", [404.0, "404"])
def test_a_status_inside_a_200_counts_however_it_is_written(opened: Callable[[Script], Opened], status: object) -> None:
    client, _ = opened(in_turn(said_json({"data": [], "status_code": status})))

    assert isinstance(raised(client), NotFoundError)


@pytest.mark.parametrize("status", ["9" * 5000, 10**18, "٤٠٤", True, None, "OK", {}, 1e300])
def test_what_is_no_status_says_nothing_inside_a_200(opened: Callable[[Script], Opened], status: object) -> None:
    client, api = opened(in_turn(said_json({"data": [1], "status_code": status})))

    assert [1] == client.get("/api/data/quote/").content["data"]
    assert 1 == len(api.asked)


@pytest.mark.parametrize("level", ["error", "critical"])
def test_messages_of_an_error_make_a_200_a_refusal(opened: Callable[[Script], Opened], level: str) -> None:
    client, api = opened(in_turn(said_json({"data": [], "messages": {level: ["no such metric"]}, "status_code": 200})))

    met = raised(client)

    assert isinstance(met, RefusedCallError)
    assert "refused_with_400" == met.reason
    assert {"no such metric"} == set(met.answer.content["messages"][level])
    assert 1 == len(api.asked)


@pytest.mark.parametrize(
    "body", [b'{"data": [{"a": NaN}]}', b"{'data': [{'a': None}]}", b'\xef\xbb\xbf{"data": [{"a": 1}]}']
)
def test_what_a_load_reads_is_an_answer_and_asked_for_once(opened: Callable[[Script], Opened], body: bytes) -> None:
    client, api = opened(in_turn(Said(body=body)))

    answer = client.get("/api/data/quote/")

    assert body == answer.body
    assert ["a"] == [name for row in answer.content["data"] for name in row]
    assert 1 == len(api.asked)


def test_warnings_and_empty_lists_of_errors_are_an_answer(opened: Callable[[Script], Opened]) -> None:
    content = {"data": [1], "messages": {"warning": ["old"], "error": [], "critical": []}, "status_code": 200}
    client, _ = opened(in_turn(said_json(content)))

    assert content == client.get("/api/data/quote/").content


@pytest.mark.parametrize(("status", "words"), [(401, "does not know the token"), (403, "may not have this")])
def test_a_refused_token_says_where_to_look(opened: Callable[[Script], Opened], status: int, words: str) -> None:
    client, _ = opened(in_turn(said_json({"detail": "no"}, status)))

    met = str(raised(client))

    assert words in met
    assert "SIGHTEN_API_TOKEN" in met
    assert "sighten_default" in met
    assert TOKEN not in met


def test_the_token_does_not_go_where_a_redirect_leads(opened: Callable[[Script], Opened]) -> None:
    _, elsewhere = opened(in_turn(Said()))
    client, api = opened(lambda _: Said(302, b"", {"Location": elsewhere.url + "/api/stolen"}))

    met = raised(client)

    assert isinstance(met, ApiContractError)
    assert elsewhere.url in str(met)
    assert [] == elsewhere.asked
    assert 1 == len(api.asked)


def test_a_redirect_on_the_same_origin_is_followed_with_the_token(opened: Callable[[Script], Opened]) -> None:
    moved = Said(307, b"", {"Location": "/api/v2/moved?a=b"})
    client, api = opened(lambda asked: moved if "moved" not in asked.target else Said())

    client.get("/api/v1/site")

    assert ["/api/v1/site", "/api/v2/moved?a=b"] == api.targets
    assert {f"Token {TOKEN}"} == {asked.token for asked in api.asked}


def test_redirects_without_end_are_given_up(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(lambda asked: Said(302, b"", {"Location": asked.target + "x"}))

    met = raised(client, "/api/v1/site")

    assert isinstance(met, ApiContractError)
    assert 6 == len(api.asked)


def test_a_netrc_adds_no_credentials_of_its_own(
    opened: Callable[[Script], Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client, api = opened(in_turn(Said()))

    client.get("/api/v1/site")

    assert [f"Token {TOKEN}"] == [asked.token for asked in api.asked]


def test_a_cookie_is_not_kept(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_turn(Said(headers={"Set-Cookie": "session=1; Path=/"})))

    client.get("/api/v1/site")
    client.get("/api/v1/site")

    assert [None, None] == [asked.headers.get("Cookie") for asked in api.asked]


def test_logs_hold_neither_ids_nor_queries_nor_the_token(
    opened: Callable[[Script], Opened], caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = opened(in_turn(Said(500), Said()))
    caplog.set_level(logging.DEBUG)

    with capture_logs() as events:
        client.get(PATH, ids={"quote_id": QUOTE}, query={"email": "someone@example.org"})

    assert ["called", "retried", "called"] == [event["event"] for event in events]
    assert [(PATH, 500, 1), (PATH, 200, 2)] == [
        (event["path"], event["status"], event["attempt"]) for event in events if event["event"] == "called"
    ]
    for secret in (QUOTE, "someone", TOKEN):
        assert secret not in json.dumps(events) + caplog.text


def test_sixteen_threads_share_a_client_and_no_more_calls_are_under_way_than_allowed(tmp_path: Path) -> None:
    together = threading.Barrier(4)
    lock, under_way, most = threading.Lock(), 0, 0

    def script(asked: ApiRequest) -> Said:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(10)
        with lock:
            under_way -= 1
        return said_json({"target": asked.target})

    with scripted(script) as api, client_of(api.url, tmp_path, concurrency=4) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: client.get("/api/v1/site", query={"n": n}), range(64)))

    assert [f"/api/v1/site?n={n}" for n in range(64)] == [answer.content["target"] for answer in answers]
    assert 4 == most


def test_the_simulated_sighten_with_faults_answers_all_calls_in_the_end(tmp_path: Path) -> None:
    api = build_api(build_simulation(4, 150), token=TOKEN, faults=Faults(too_many=0.2, server_error=0.2))
    with served(api) as url, client_of(url, tmp_path) as client:
        sites = [site for page in client.pages("/api/v1/site") for site in page.content["results"]]
        with ThreadPoolExecutor(16) as pool:
            answers = list(
                pool.map(lambda site: client.get("/api/v1/ops_workflow", query={"site_id": site["uuid"]}), sites)
            )

    assert 25 < len(sites) == len({site["uuid"] for site in sites})
    assert {200} == {answer.status for answer in answers}


def test_a_server_that_is_not_there_is_named_by_what_happened(tmp_path: Path) -> None:
    with scripted(in_turn(Said())) as api:
        gone = api.url

    with client_of(gone, tmp_path) as client:
        met = raised(client)

    assert isinstance(met, ApiUnavailableError)
    assert "refused" in str(met).lower() or "NewConnectionError" in str(met)
    assert QUOTE not in str(met)


@pytest.mark.parametrize("missing", ["api_url", "api_token"])
def test_what_is_not_set_is_named(missing: str) -> None:
    given = {"api_url": "http://127.0.0.1:1", "api_token": TOKEN}
    settings = Settings(**{name: value for name, value in given.items() if name != missing})

    with pytest.raises(SettingError, match=f"SIGHTEN_{missing.upper()}: not set"):
        open_client(settings, clock=FakeClock())


@pytest.mark.parametrize("token", ["", "a space at its end ", "ends\n", "cut-off\u2026"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, api_url="http://127.0.0.1:1", api_token=token)

    with pytest.raises(SettingError, match="SIGHTEN_API_TOKEN, or in Airflow") as met:
        open_client(settings, clock=FakeClock())

    assert not token or token not in str(met.value)


@pytest.mark.parametrize("odd", ["http://name:secret@api.example", "http://api.example?a=b", "http://api.example/#a"])
def test_an_address_that_no_path_can_be_added_to_is_refused_and_not_shown(odd: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, api_url=odd, api_token=TOKEN)

    with pytest.raises(SettingError, match="SIGHTEN_API_URL, or in Airflow") as met:
        open_client(settings, clock=FakeClock())

    assert "secret" not in str(met.value)

"""The client over real HTTP: answers, errors, and which requests carry the token."""

import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
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
from sighten_warehouse.settings import Secret, Settings
from support.scripted_api import (
    TOKEN,
    FakeClock,
    Request,
    Response,
    Script,
    ScriptedApi,
    client_of,
    in_order,
    json_response,
    scripted,
)

PATH = "/api/data/quote/{quote_id}/"
QUOTE = "0b4f7a4c-30d6-4a5c-9a53-7f8a1c0e4f11"

Opened = tuple[ApiClient, ScriptedApi]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Script], Opened]]:
    """Opens a client and its scripted server."""
    with ExitStack() as stack:

        def start(script: Script) -> Opened:
            api = stack.enter_context(scripted(script))
            return stack.enter_context(client_of(api.url, tmp_path)), api

        yield start


def raised(client: ApiClient, path: str = PATH) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        client.get(path, ids={"quote_id": QUOTE} if "{" in path else None)
    return caught.value


def test_an_answer_has_raw_bytes_request_target_and_time(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_order(Response(body=b'{"a":  1}', headers={"Content-Type": "application/json"})))

    answer = client.get(PATH, ids={"quote_id": QUOTE}, query={"metrics": "a,b", "limit": 5})

    assert b'{"a":  1}' == answer.body
    assert {"a": 1} == answer.content
    assert 200 == answer.status
    assert f"/api/data/quote/{QUOTE}/?metrics=a,b&limit=5" == answer.target == api.targets[0]
    assert "2026-11-23T12:00:00" == f"{answer.received_at:%Y-%m-%dT%H:%M:%S}"
    assert f"Token {TOKEN}" == api.requests[0].token


def test_an_id_stays_one_part_of_the_path(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_order(Response()))

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
def test_an_error_inside_a_200_is_treated_the_same_and_not_retried(
    opened: Callable[[Script], Opened], status: int, error: type[WarehouseError], *, inside: bool
) -> None:
    body = {"data": [], "messages": {"error": ["no"]}, "status_code": status}
    client, api = opened(in_order(json_response(body, 200 if inside else status)))

    met = raised(client)

    assert error is type(met)
    assert 1 == len(api.requests)
    assert QUOTE not in str(met)


@pytest.mark.parametrize("status", [429, 503])
def test_a_transient_error_inside_a_200_is_retried(opened: Callable[[Script], Opened], status: int) -> None:
    client, api = opened(
        in_order(json_response({"data": [], "status_code": str(status)}), json_response({"data": [1]}))
    )

    answer = client.get("/api/data/quote/")

    assert {"data": [1]} == answer.content
    assert 2 == len(api.requests)


@pytest.mark.parametrize("status", [404.0, "404"])
def test_a_status_inside_a_200_counts_however_it_is_written(opened: Callable[[Script], Opened], status: object) -> None:
    client, _ = opened(in_order(json_response({"data": [], "status_code": status})))

    assert isinstance(raised(client), NotFoundError)


@pytest.mark.parametrize("status", ["9" * 5000, 10**18, "٤٠٤", True, None, "OK", {}, 1e300])
def test_an_invalid_status_inside_a_200_is_ignored(opened: Callable[[Script], Opened], status: object) -> None:
    client, api = opened(in_order(json_response({"data": [1], "status_code": status})))

    assert [1] == client.get("/api/data/quote/").content["data"]
    assert 1 == len(api.requests)


@pytest.mark.parametrize("level", ["error", "critical"])
def test_messages_of_an_error_make_a_200_a_refusal(opened: Callable[[Script], Opened], level: str) -> None:
    client, api = opened(
        in_order(json_response({"data": [], "messages": {level: ["no such metric"]}, "status_code": 200}))
    )

    met = raised(client)

    assert isinstance(met, RefusedCallError)
    assert "refused_with_400" == met.reason
    assert {"no such metric"} == set(met.answer.content["messages"][level])
    assert 1 == len(api.requests)


@pytest.mark.parametrize(
    "body", [b'{"data": [{"a": NaN}]}', b"{'data': [{'a': None}]}", b'\xef\xbb\xbf{"data": [{"a": 1}]}']
)
def test_a_body_that_a_load_can_repair_is_an_answer_and_not_retried(
    opened: Callable[[Script], Opened], body: bytes
) -> None:
    client, api = opened(in_order(Response(body=body)))

    answer = client.get("/api/data/quote/")

    assert body == answer.body
    assert ["a"] == [name for row in answer.content["data"] for name in row]
    assert 1 == len(api.requests)


def test_warnings_and_empty_lists_of_errors_are_an_answer(opened: Callable[[Script], Opened]) -> None:
    content = {"data": [1], "messages": {"warning": ["old"], "error": [], "critical": []}, "status_code": 200}
    client, _ = opened(in_order(json_response(content)))

    assert content == client.get("/api/data/quote/").content


@pytest.mark.parametrize(("status", "words"), [(401, "does not know the token"), (403, "may not access this")])
def test_a_refused_token_names_the_settings(opened: Callable[[Script], Opened], status: int, words: str) -> None:
    client, _ = opened(in_order(json_response({"detail": "no"}, status)))

    met = str(raised(client))

    assert words in met
    assert "SIGHTEN_API_TOKEN" in met
    assert "sighten_default" in met
    assert TOKEN not in met


def test_the_token_does_not_follow_a_redirect_to_another_origin(opened: Callable[[Script], Opened]) -> None:
    _, elsewhere = opened(in_order(Response()))
    client, api = opened(lambda _: Response(302, b"", {"Location": elsewhere.url + "/api/stolen"}))

    met = raised(client)

    assert isinstance(met, ApiContractError)
    assert elsewhere.url in str(met)
    assert [] == elsewhere.requests
    assert 1 == len(api.requests)


def test_a_redirect_on_the_same_origin_is_followed_with_the_token(opened: Callable[[Script], Opened]) -> None:
    moved = Response(307, b"", {"Location": "/api/v2/moved?a=b"})
    client, api = opened(lambda request: moved if "moved" not in request.target else Response())

    client.get("/api/v1/site")

    assert ["/api/v1/site", "/api/v2/moved?a=b"] == api.targets
    assert {f"Token {TOKEN}"} == {request.token for request in api.requests}


def test_redirects_without_end_are_given_up(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(lambda request: Response(302, b"", {"Location": request.target + "x"}))

    met = raised(client, "/api/v1/site")

    assert isinstance(met, ApiContractError)
    assert 6 == len(api.requests)


def test_a_netrc_adds_no_credentials_of_its_own(
    opened: Callable[[Script], Opened], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    client, api = opened(in_order(Response()))

    client.get("/api/v1/site")

    assert [f"Token {TOKEN}"] == [request.token for request in api.requests]


def test_a_cookie_is_not_kept(opened: Callable[[Script], Opened]) -> None:
    client, api = opened(in_order(Response(headers={"Set-Cookie": "session=1; Path=/"})))

    client.get("/api/v1/site")
    client.get("/api/v1/site")

    assert [None, None] == [request.headers.get("Cookie") for request in api.requests]


def test_logs_hold_neither_ids_nor_queries_nor_the_token(
    opened: Callable[[Script], Opened], caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = opened(in_order(Response(500), Response()))
    caplog.set_level(logging.DEBUG)

    with capture_logs() as events:
        client.get(PATH, ids={"quote_id": QUOTE}, query={"email": "someone@example.org"})

    assert ["called", "retried", "called"] == [event["event"] for event in events]
    assert [(PATH, 500, 1), (PATH, 200, 2)] == [
        (event["path"], event["status"], event["attempt"]) for event in events if event["event"] == "called"
    ]
    for secret in (QUOTE, "someone", TOKEN):
        assert secret not in json.dumps(events) + caplog.text


def test_sixteen_threads_share_a_client_within_its_concurrency(tmp_path: Path) -> None:
    together = threading.Barrier(4)
    lock, under_way, most = threading.Lock(), 0, 0

    def script(request: Request) -> Response:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(10)
        with lock:
            under_way -= 1
        return json_response({"target": request.target})

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


def test_an_unreachable_server_is_reported_with_the_cause(tmp_path: Path) -> None:
    with scripted(in_order(Response())) as api:
        gone = api.url

    with client_of(gone, tmp_path) as client:
        met = raised(client)

    assert isinstance(met, ApiUnavailableError)
    assert "refused" in str(met).lower() or "NewConnectionError" in str(met)
    assert QUOTE not in str(met)


@pytest.mark.parametrize("missing", ["api_url", "api_token"])
def test_a_missing_setting_is_named(missing: str) -> None:
    given = {"api_url": "http://127.0.0.1:1", "api_token": Secret(TOKEN)}
    settings = Settings(**{name: value for name, value in given.items() if name != missing})

    with pytest.raises(SettingError, match=f"SIGHTEN_{missing.upper()}: not set"):
        open_client(settings, clock=FakeClock())


@pytest.mark.parametrize("token", ["", "a space at its end ", "ends\n", "cut-off\u2026"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, api_url="http://127.0.0.1:1", api_token=Secret(token))

    with pytest.raises(SettingError, match="SIGHTEN_API_TOKEN, or in Airflow") as met:
        open_client(settings, clock=FakeClock())

    assert not token or token not in str(met.value)


@pytest.mark.parametrize("odd", ["http://name:secret@api.example", "http://api.example?a=b", "http://api.example/#a"])
def test_an_unusable_address_is_refused_and_not_shown(odd: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, api_url=odd, api_token=Secret(TOKEN))

    with pytest.raises(SettingError, match="SIGHTEN_API_URL, or in Airflow") as met:
        open_client(settings, clock=FakeClock())

    assert "secret" not in str(met.value)


def test_calls_leave_the_core_to_loading(tmp_path: Path) -> None:
    def look() -> list[int]:
        before = os.getpriority(os.PRIO_PROCESS, 0)
        with client_of("http://127.0.0.1:1", tmp_path):
            within = os.getpriority(os.PRIO_PROCESS, 0)
        return [before, within, os.getpriority(os.PRIO_PROCESS, 0)]

    with ThreadPoolExecutor(1) as thread:  # only root can undo it, so a thread of its own
        before, within, after = thread.submit(look).result()

    assert max(before, 10) == within
    assert after == (before if os.geteuid() == 0 else within)

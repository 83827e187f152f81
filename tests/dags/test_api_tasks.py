"""The DAGs that call Sighten's API, run by Airflow's `dag.test()` against a scripted API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from sighten_airflow.api_tasks import api_settings, report_result
from sighten_airflow.tenant import Tenant
from sighten_warehouse import load
from sighten_warehouse.enrich.step import EnrichResult
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.settings import Settings
from support.scripted_api import Request, Response, json_response, scripted

pytestmark = pytest.mark.airflow
TOKEN = "the-token-that-no-log-may-hold"  # noqa: S105  (for a test server)
SIGNED = "11111111-2222-4333-8444-555555555555"
Land = Callable[..., str]
Run = Callable[[str], dict[str, list[str]]]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def connect(url: str) -> None:
        connection = {"conn_type": "sighten", "host": url, "password": TOKEN, "extra": {"rate": 1000}}
        monkeypatch.setenv("AIRFLOW_CONN_SIGHTEN_DEFAULT", json.dumps(connection))

    return connect


@pytest.fixture
def loaded(settings: Settings, land: Land) -> Settings:
    """A home with the vendor's sample loaded, so that one quote is due."""
    land()
    load.load(settings)
    return settings


def answer(_: Request) -> Response:
    return json_response({"data": [{"s_quote_id": SIGNED}], "messages": {}, "status_code": 200})


@pytest.mark.parametrize(
    ("dag_id", "task_id"), [("sighten_enrich_quotes", "enrich"), ("sighten_download_documents", "download")]
)
def test_without_an_api_the_task_is_skipped(run: Run, settings: Settings, dag_id: str, task_id: str) -> None:
    assert settings.api_url is None

    states = run(dag_id)

    assert {"run": ["success"], task_id: ["skipped"]} == states


def test_answers_land_and_an_answered_question_is_not_repeated(run: Run, loaded: Settings, connect: Any) -> None:
    with scripted(answer) as api:
        connect(api.url)

        first = run("sighten_enrich_quotes")
        calls = len(api.requests)
        pending = load.pending(loaded)
        load.load(loaded)
        second = run("sighten_enrich_quotes")

    assert {"run": ["success"], "enrich": ["success"]} == first == second
    assert calls >= 1
    assert pending
    assert calls == len(api.requests)
    assert [] == load.pending(loaded)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_token_fails_the_task_at_once_and_says_where_to_look(
    run: Run, connect: Any, capfd: Any, status: int
) -> None:
    with scripted(lambda _: json_response({"detail": "no"}, status)) as api:
        connect(api.url)

        states = run("sighten_enrich_quotes")

    output = "".join(capfd.readouterr())
    assert 1 == len(api.requests)
    assert {"run": ["failed"], "enrich": ["failed"]} == states
    assert "look at the token in Airflow's connection sighten_default" in output
    assert TOKEN not in output


def test_airflow_retries_if_the_api_does_not_answer(connect: Any) -> None:
    connect("http://127.0.0.1:9")

    with pytest.raises(ApiUnavailableError, match="nobody is there"), api_settings(Tenant()):
        report_result(EnrichResult(asked=0, left=3, problem="nobody is there"), answered=0)


def test_a_result_to_look_at_is_a_warning_not_a_failure() -> None:
    with capture_logs() as logs:
        counts = report_result(EnrichResult(asked=3, signed=2, refused=1), answered=3)

    assert {"asked": 3, "refused": 1}.items() <= dict(counts).items()
    assert [("warning", 1)] == [(event["log_level"], event["refused"]) for event in logs]

"""The connection to Sighten's API as Airflow stores it, and the settings that the hook reads from it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.providers_manager import ProvidersManager
from airflow.utils.session import create_session

from sighten_airflow.hook import SightenHook
from sighten_warehouse.errors import SettingError
from support.scripted_api import Response, Script, json_response, scripted

pytestmark = pytest.mark.airflow
TOKEN = "the-token-of-the-connection"  # noqa: S105  (for a test server)
URL = "https://engine.example.com"


@pytest.fixture(autouse=True)
def _no_api_in_the_environment(monkeypatch: pytest.MonkeyPatch, metadata_database: None) -> None:  # noqa: ARG001  (there are connections in it)
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # as in a service of Airflow, which reads its own database
    monkeypatch.delenv("SIGHTEN_API_URL", raising=False)
    monkeypatch.delenv("SIGHTEN_API_TOKEN", raising=False)


@pytest.fixture
def connect(settings: Any) -> Iterator[Any]:  # noqa: ARG001  (a home of its own)
    """Stores the connection `sighten_default` in Airflow's database, as its form does."""
    stored: list[Connection] = []

    def connect(**fields: Any) -> Connection:
        extra = json.dumps(fields.pop("extra", {}))
        connection = Connection(conn_id="sighten_default", conn_type="sighten", extra=extra, **fields)
        with create_session() as session:
            session.add(connection)
            session.flush()
            stored.append(connection)
        return connection

    yield connect
    with create_session() as session:
        for connection in stored:
            session.delete(connection)


def token_of(hook: SightenHook) -> str | None:
    token = hook.settings().api_token
    return token and token.value


def test_airflow_offers_the_type_with_its_fields_and_a_test() -> None:
    providers = ProvidersManager()

    hook = providers.hooks["sighten"]
    assert hook is not None
    assert ("Sighten", "sighten-warehouse", True) == (hook.hook_name, hook.package_name, hook.connection_testable)
    assert {"extra__sighten__rate", "extra__sighten__concurrency"} == {
        name for name in providers.connection_form_widgets if name.startswith("extra__sighten__")
    }
    behaviour = providers.field_behaviours["sighten"]
    assert {"host": "URL", "password": "Token"}.items() <= behaviour["relabeling"].items()
    assert {"schema", "login", "extra"} == set(behaviour["hidden_fields"])


def test_a_connection_gives_url_token_and_limits_and_overrides_the_environment(
    connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTEN_API_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("SIGHTEN_API_TOKEN_FILE", "/run/secrets/the-token-of-the-environment")
    connect(host=f"{URL}/", password=f" {TOKEN}\n", extra={"rate": 2.5, "concurrency": 3})

    hook = SightenHook()

    settings = hook.settings()
    assert (URL, 2.5, 3) == (settings.api_url, settings.api_rate, settings.api_concurrency)
    assert TOKEN == token_of(hook)


@pytest.mark.usefixtures("settings")
def test_a_connection_may_be_given_as_a_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SIGHTEN_DEFAULT", f"sighten://:{TOKEN}@engine.example.com:8443")

    hook = SightenHook()

    assert ("https://engine.example.com:8443", TOKEN) == (hook.settings().api_url, token_of(hook))


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("engine.example.com", None, "https://engine.example.com"),
        ("engine.example.com", 443, "https://engine.example.com:443"),
        ("http://127.0.0.1:8090/", 80, "http://127.0.0.1:8090"),
        ("http://[::1]", 8090, "http://[::1]:8090"),
        (" https://engine.example.com/sighten/ ", 8443, "https://engine.example.com:8443/sighten"),
    ],
)
def test_the_port_field_applies_if_the_host_has_no_port(connect: Any, host: str, port: int | None, url: str) -> None:
    connect(host=host, port=port, password=TOKEN)

    assert url == SightenHook().settings().api_url


@pytest.mark.usefixtures("settings")
def test_without_a_connection_the_environment_names_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_API_URL", URL)
    monkeypatch.setenv("SIGHTEN_API_TOKEN", "the-token-of-the-environment")

    hook = SightenHook()

    assert hook.is_configured
    assert (URL, "the-token-of-the-environment") == (hook.settings().api_url, token_of(hook))


@pytest.mark.usefixtures("settings")
def test_with_neither_the_error_says_where_the_url_is_expected() -> None:
    hook = SightenHook()

    assert not hook.is_configured
    with pytest.raises(SettingError, match=r"SIGHTEN_API_URL .* \(there is no connection sighten_default\)"):
        hook.settings()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"host": URL}, "no token of Sighten's API; expected it in Airflow's connection sighten_default"),
        ({"password": TOKEN}, "no URL of Sighten's API; expected it in Airflow's connection sighten_default"),
        ({"host": URL, "password": TOKEN, "extra": {"rte": 1}}, "rte: no such field; expected rate or concurrency"),
        ({"host": URL, "password": TOKEN, "extra": {"rate": -1}}, "SIGHTEN_API_RATE: expected a number > 0"),
    ],
)
def test_an_incomplete_connection_is_refused_and_never_completed_from_the_environment(
    connect: Any, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], expected: str
) -> None:
    monkeypatch.setenv("SIGHTEN_API_URL", "https://elsewhere.example.com")
    monkeypatch.setenv("SIGHTEN_API_TOKEN", "the-token-of-the-environment")
    connect(**fields)

    with pytest.raises(SettingError) as caught:
        SightenHook().settings()

    assert expected in str(caught.value)
    assert "sighten_default" in str(caught.value)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (lambda _: json_response({"data": [{"site_id": "s"}], "messages": {}, "status_code": 200}), (True, "Works: ")),
        (lambda _: json_response({"detail": "Invalid token."}, 401), (False, "Token not known (401): ")),
        (lambda _: json_response({"detail": "No."}, 403), (False, "Not allowed (403): ")),
        (lambda _: json_response({"detail": "Later."}, 503), (False, "Not reachable: ")),
        (lambda _: Response(404, b"<html>a shop</html>"), (False, "Not Sighten's API: ")),
    ],
)
def test_the_test_button_says_what_is_wrong(connect: Any, script: Script, expected: tuple[bool, str]) -> None:
    expected_status, expected_start = expected
    with scripted(script) as api:
        connection = connect(host=api.url, password=TOKEN)

        status, message = connection.test_connection()

    assert expected_status == status
    assert message.startswith(expected_start)
    assert api.url in message
    assert TOKEN not in message
    assert {f"Token {TOKEN}"} == {request.token for request in api.requests}
    assert len(api.requests) <= 2


def test_the_test_button_says_that_nothing_answers(connect: Any) -> None:
    connection = connect(host="http://127.0.0.1:9", password=TOKEN)

    status, message = connection.test_connection()

    assert not status
    assert message.startswith("Not reachable: http://127.0.0.1:9 ")
    assert "NewConnectionError" in message

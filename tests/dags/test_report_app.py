"""The report in Airflow: in the navigation, and behind the login."""

from collections.abc import Iterator

import pytest
from airflow import plugins_manager
from fastapi.testclient import TestClient

from support.factories import SAMPLE_BYTES, SAMPLE_MILESTONE
from support.warehouses import Warehouse

pytestmark = pytest.mark.airflow
PATHS = ("/sighten/report/", "/sighten/report/milestones", f"/sighten/report/milestones/{SAMPLE_MILESTONE}")


@pytest.fixture(scope="module")
def client(metadata_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:  # noqa: ARG001  (it must be there)
    """Airflow's API server with its plugins, in this process, and a home with the vendor's sample."""
    from airflow.api_fastapi.app import create_app, purge_cached_app  # noqa: PLC0415  (takes seconds)

    from sighten_airflow.report_app import report_app  # noqa: PLC0415  (as above)

    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    warehouse.deliver(SAMPLE_BYTES)
    purge_cached_app()
    report_app.cache_clear()
    with pytest.MonkeyPatch.context() as patched, TestClient(create_app("core"), base_url="http://127.0.0.1") as client:
        patched.setenv("SIGHTEN_HOME", str(warehouse.settings.home))
        yield client
    report_app.cache_clear()


def token(role: str | None) -> str:
    """The token that Airflow's login gives a user with that role."""
    from airflow.api_fastapi.app import get_auth_manager  # noqa: PLC0415  (as above)
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser  # noqa: PLC0415  (as above)

    return str(get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="somebody", role=role)))


def test_the_report_is_in_the_navigation() -> None:
    views, _ = plugins_manager._get_ui_plugins()  # noqa: SLF001  (Airflow's own loader)
    apps, _ = plugins_manager.get_fastapi_plugins()

    (view,) = (view for view in views if view["url_route"] == "sighten-report")
    assert "/sighten/report" in {app["url_prefix"] for app in apps}
    assert ("nav", "sighten/report/") == (view["destination"], view["href"])


def test_without_a_login_nothing_is_shown(client: TestClient) -> None:
    assert dict.fromkeys(PATHS, 401) == {path: client.get(path).status_code for path in PATHS}


def test_a_user_without_access_to_plugins_sees_nothing(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {token(None)}"}

    assert dict.fromkeys(PATHS, 403) == {path: client.get(path, headers=headers).status_code for path in PATHS}


def test_a_session_of_airflows_login_opens_the_report(client: TestClient) -> None:
    session = {"Cookie": f"_token={token('viewer')}"}

    page, listed, timeline = (client.get(path, params={"environment": "production"}, headers=session) for path in PATHS)

    assert [200, 200, 200] == [response.status_code for response in (page, listed, timeline)]
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert [SAMPLE_MILESTONE] == [row["milestone_id"] for row in listed.json()]
    assert "approved" in {event["what"] for event in timeline.json()["timeline"]}


def test_schema_and_documentation_are_not_served(client: TestClient) -> None:
    assert {404} == {client.get(f"/sighten/report/{name}").status_code for name in ("openapi.json", "docs", "redoc")}

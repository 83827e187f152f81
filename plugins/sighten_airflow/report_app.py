"""The report as an application inside Airflow's; only users who may see plugins can open it."""

from functools import cache

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response

from sighten_warehouse.publish.versions import pull_newest
from sighten_warehouse.report import handlers
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.settings import read_settings


@cache
def report_app() -> FastAPI:
    """The application, created once per process.

    Raises:
        SettingError: a setting is invalid.
    """
    settings = read_settings()
    report = LiveReport(settings)
    app = FastAPI(
        title="Sighten report",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        # These would need no login.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )

    @app.get("/")
    def page() -> Response:
        pull_newest(settings)  # another worker has published it
        return handlers.page(report)

    @app.get("/milestones")
    def listed(request: Request) -> Response:
        return handlers.listed(report, request)

    @app.get("/milestones/{milestone_id}")
    def timeline(request: Request, milestone_id: str) -> Response:
        return handlers.timeline(report, request, milestone_id)

    return app

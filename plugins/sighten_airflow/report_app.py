"""The report as an application inside Airflow's; only users who may see plugins can open it."""

from collections.abc import Callable
from functools import cache
from html import escape

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from sighten_airflow.tenant import tenants
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish.versions import pull_newest
from sighten_warehouse.report import handlers
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.settings import read_settings


@cache
def report_app() -> FastAPI:
    """The application, created once per process; with tenants a list of their reports, each in a path of its own.

    Raises:
        SettingError: a setting is invalid, or the file of tenants cannot be read.
    """
    app = FastAPI(
        title="Sighten report",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        # These would need no login.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    if [tenant.name for tenant in tenants()] == [None]:
        report = LiveReport(read_settings())
        app.include_router(_pages(lambda _: report))
    else:
        app.get("/")(_all_tenants)
        app.include_router(_pages(_report_of), prefix="/{tenant}")
    return app


def _all_tenants() -> HTMLResponse:
    names = [escape(tenant.name) for tenant in tenants() if tenant.name]
    items = "".join(f'<li><a href="{name}/">{name}</a>' for name in names)
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Sighten</title><h1>Tenants</h1><ul>{items}</ul>"
    policy = "default-src 'none'; frame-ancestors 'self'"
    return HTMLResponse(page, headers=handlers.HEADERS | {"Content-Security-Policy": policy})


def _report_of(request: Request) -> LiveReport:
    name = request.path_params["tenant"]
    if name not in [tenant.name for tenant in tenants()]:
        raise HTTPException(404, "no such tenant")
    try:
        return _live_report(name)
    except SettingError as error:
        raise HTTPException(503, str(error)) from None


@cache
def _live_report(tenant: str) -> LiveReport:
    return LiveReport(read_settings(tenant=tenant))


def _pages(report_of: Callable[[Request], LiveReport]) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def page(request: Request) -> Response:
        report = report_of(request)
        pull_newest(report.settings)  # another worker has published it
        return handlers.page(report)

    @router.get("/milestones")
    def listed(request: Request) -> Response:
        return handlers.listed(report_of(request), request)

    @router.get("/milestones/{milestone_id}")
    def timeline(request: Request, milestone_id: str) -> Response:
        return handlers.timeline(report_of(request), request, milestone_id)

    return router

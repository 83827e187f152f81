"""Serves the report on this machine only."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sighten_warehouse.http_server import LOOPBACK, address_of, http_server, listen_on_option, run_until_signalled
from sighten_warehouse.report import handlers
from sighten_warehouse.report.live import LiveReport

STOP_SECONDS = 3


def report_app(report: LiveReport) -> Starlette:
    """The report as an application that accepts only this machine's names as host.

    This stops DNS rebinding: a foreign page whose name resolves to this machine cannot read the report.
    """

    def page(_: Request) -> Response:
        return handlers.page(report)

    def listed(request: Request) -> Response:
        return handlers.listed(report, request)

    def timeline(request: Request) -> Response:
        return handlers.timeline(report, request, request.path_params["milestone_id"])

    routes = [Route("/", page), Route("/milestones", listed), Route("/milestones/{milestone_id}", timeline)]
    return Starlette(
        routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])]
    )


def serve_report(report: LiveReport, *, port: int, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. `on_listening` receives the address.

    Raises:
        SettingError: the port is taken.
    """
    with listen_on_option(port) as listener:
        on_listening(f"{address_of(listener)}/")
        run_until_signalled(http_server(report_app(report), stop_seconds=STOP_SECONDS), listener)
    report.close()

"""The report served on this machine alone."""

import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sighten_warehouse.errors import SettingError
from sighten_warehouse.report import answers
from sighten_warehouse.report.live import LiveReport

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 3


def report_app(report: LiveReport) -> Starlette:
    """The report as an application that answers to the names of this machine only.

    So no page from elsewhere, whose name was made to lead here, can read it.
    """

    def page(_: Request) -> Response:
        return answers.page(report)

    def listed(request: Request) -> Response:
        return answers.listed(report, request)

    def timeline(request: Request) -> Response:
        return answers.timeline(report, request, request.path_params["milestone_id"])

    routes = [Route("/", page), Route("/milestones", listed), Route("/milestones/{milestone_id}", timeline)]
    return Starlette(
        routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])]
    )


def serve_report(report: LiveReport, *, port: int, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM comes; 0 takes a free port. `on_listening` is told the address.

    Raises:
        SettingError: something else listens on that port.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            report_app(report),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # uvicorn hands the signal on when it has stopped; this takes it
    with _listen(port) as listener:
        on_listening(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
        server.run(sockets=[listener])
    report.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SettingError(
            f"--port: {LOOPBACK}:{port}: {error.strerror}; expected a port that is free, or 0"
        ) from error
    return listener

"""The simulated Sighten's API as one ASGI application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sighten_warehouse.simulator.dal import dal_routes
from sighten_warehouse.simulator.documents import document_routes
from sighten_warehouse.simulator.faults import Faults, FaultsMiddleware
from sighten_warehouse.simulator.gate import GateMiddleware
from sighten_warehouse.simulator.index import Index
from sighten_warehouse.simulator.journal import Journal, JournalMiddleware
from sighten_warehouse.simulator.lives import Simulation
from sighten_warehouse.simulator.page import render
from sighten_warehouse.simulator.rest import list_routes
from sighten_warehouse.simulator.sample import sample_life


def build_api(simulation: Simulation, *, token: str | None = None, faults: Faults | None = None) -> Starlette:
    """The API of that simulation and of the vendor's sample; without a token of its own it takes any."""
    index = Index(simulation, further=(sample_life(),))
    journal = Journal()
    return Starlette(
        routes=[
            *_page_routes(index, journal),
            *document_routes(index),
            *list_routes(index),
            *dal_routes(index),
        ],
        middleware=[
            Middleware(JournalMiddleware, journal=journal),
            Middleware(GateMiddleware, token=token),
            Middleware(FaultsMiddleware, faults=faults or Faults(), seed=simulation.seed),
        ],
        exception_handlers={HTTPException: _say_detail},
    )


def _page_routes(index: Index, journal: Journal) -> list[Route]:
    async def show(_: Request) -> Response:
        return HTMLResponse(render(index, journal))

    async def say_healthy(_: Request) -> Response:
        return JSONResponse({"status": "serving", "milestones": len(index.lives)})

    return [Route("/", show), Route("/healthz", say_healthy)]


async def _say_detail(_: Request, error: Exception) -> Response:
    """Every refusal has the body that Sighten's kind of API gives it."""
    if not isinstance(error, HTTPException):
        raise error
    detail = "Not found." if error.detail == "Not Found" else error.detail
    return JSONResponse({"detail": detail}, error.status_code, headers=error.headers)

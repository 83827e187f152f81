"""Builds the simulated Sighten: the API, and the storage host that download URLs redirect to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sighten_simulator.api.control import control_routes, refusal_routes
from sighten_simulator.api.dal import dal_routes
from sighten_simulator.api.faults import Faults, FaultsMiddleware
from sighten_simulator.api.journal import Journal, JournalMiddleware
from sighten_simulator.api.refusals import Refusals, RefusalsMiddleware
from sighten_simulator.api.rest import list_routes
from sighten_simulator.api.slashes import SlashMiddleware
from sighten_simulator.api.tokens import TokenMiddleware
from sighten_simulator.api.variants import ApiVariants
from sighten_simulator.documents.document_server import DocumentServer
from sighten_simulator.documents.options import DocumentOptions
from sighten_simulator.documents.routes import document_routes
from sighten_simulator.documents.signed_urls import SignedUrls
from sighten_simulator.documents.storage import build_storage
from sighten_simulator.world.lives import Simulation
from sighten_simulator.world.world import Account, World


@dataclass(frozen=True)
class SimulatorOptions:
    """How a simulated Sighten behaves; by default without faults, and any token sees everything.

    Args:
        accounts: the valid tokens and what the user of each may see; if empty, every token is valid.
        faults: the faults of requests.
        documents: how documents are served.
        variants: the choices where Sighten's behaviour is not known.
        now: the simulated present; the end of all lives by default.
    """

    accounts: Sequence[Account] = ()
    faults: Faults = field(default_factory=Faults)
    documents: DocumentOptions = field(default_factory=DocumentOptions)
    variants: ApiVariants = field(default_factory=ApiVariants)
    now: datetime | None = None


@dataclass(frozen=True)
class Sighten:
    """The two applications, the journal of their requests, and the world that they show."""

    api: Starlette
    storage: Starlette
    journal: Journal
    world: World


def build_api(simulation: Simulation, *, token: str | None = None, faults: Faults | None = None) -> Starlette:
    """The API without a storage host; without `token` every token is valid."""
    accounts = (Account(token),) if token is not None else ()
    return build_sighten(simulation, SimulatorOptions(accounts=accounts, faults=faults or Faults()), storage_url="").api


def build_sighten(simulation: Simulation, options: SimulatorOptions, *, storage_url: str) -> Sighten:
    """The API and the storage host; `storage_url` is the address at which the latter will be served."""
    world, journal, refusals = World(simulation, now=options.now), Journal(), Refusals()
    document_server = DocumentServer(options.documents, seed=simulation.seed)
    urls = SignedUrls(storage_url)
    storage = build_storage(world, document_server=document_server, urls=urls, journal=journal)
    api = Starlette(
        routes=[
            *control_routes(world, journal),
            *refusal_routes(refusals),
            *document_routes(world, document_server=document_server, urls=urls),
            *list_routes(world),
            *dal_routes(world, options.variants),
        ],
        middleware=[
            Middleware(JournalMiddleware, journal=journal),
            Middleware(TokenMiddleware, accounts=options.accounts),
            Middleware(SlashMiddleware, slashes=options.variants.slashes),
            Middleware(RefusalsMiddleware, refusals=refusals),
            Middleware(FaultsMiddleware, faults=options.faults, seed=simulation.seed),
        ],
        exception_handlers={HTTPException: _error_response},
    )
    return Sighten(api, storage, journal, world)


async def _error_response(_: Request, error: Exception) -> Response:
    """An HTTP error with a body like that of Django REST framework."""
    if not isinstance(error, HTTPException):
        raise error
    detail = "Not found." if error.detail == "Not Found" else error.detail
    return JSONResponse({"detail": detail}, error.status_code, headers=error.headers)

"""The simulated Sighten as applications: its API, and the storage host that its redirects lead to."""

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
from sighten_simulator.api.tokens import GateMiddleware
from sighten_simulator.api.unknowns import Unknowns
from sighten_simulator.documents.faults import Documents
from sighten_simulator.documents.lookup import DocumentDesk
from sighten_simulator.documents.routes import document_routes
from sighten_simulator.documents.signed_urls import SignedUrls
from sighten_simulator.documents.storage import build_storage
from sighten_simulator.world.lives import Simulation
from sighten_simulator.world.people import END
from sighten_simulator.world.world import Account, World


@dataclass(frozen=True)
class Conduct:
    """How a simulated Sighten behaves; by default nothing goes wrong, and any token sees everything.

    Args:
        accounts: the only right tokens, and what the user of each may see; none takes any token.
        faults: what goes wrong with requests.
        documents: how documents are handed out.
        unknowns: the variants of what is not known of Sighten.
        now: the moment up to which the lives have gone.
    """

    accounts: Sequence[Account] = ()
    faults: Faults = field(default_factory=Faults)
    documents: Documents = field(default_factory=Documents)
    unknowns: Unknowns = field(default_factory=Unknowns)
    now: datetime = END


@dataclass(frozen=True)
class Sighten:
    """The applications to serve, what was asked of both, and the present that can be moved."""

    api: Starlette
    storage: Starlette
    journal: Journal
    world: World


def build_api(simulation: Simulation, *, token: str | None = None, faults: Faults | None = None) -> Starlette:
    """The API alone, of that simulation and the vendor's sample; without a token of its own it takes any."""
    accounts = (Account(token),) if token is not None else ()
    return build_sighten(simulation, Conduct(accounts=accounts, faults=faults or Faults()), storage_url="").api


def build_sighten(simulation: Simulation, conduct: Conduct, *, storage_url: str) -> Sighten:
    """Everything, of that simulation and the vendor's sample; `storage_url` is where the storage host will answer."""
    world, journal, refusals = World(simulation, now=conduct.now), Journal(), Refusals()
    desk = DocumentDesk(conduct.documents, seed=simulation.seed)
    urls = SignedUrls(storage_url)
    storage = build_storage(world, desk=desk, urls=urls, journal=journal)
    api = Starlette(
        routes=[
            *control_routes(world, journal),
            *refusal_routes(refusals),
            *document_routes(world, desk=desk, urls=urls),
            *list_routes(world),
            *dal_routes(world, conduct.unknowns),
        ],
        middleware=[
            Middleware(JournalMiddleware, journal=journal),
            Middleware(GateMiddleware, accounts=conduct.accounts),
            Middleware(SlashMiddleware, slashes=conduct.unknowns.slashes),
            Middleware(RefusalsMiddleware, refusals=refusals),
            Middleware(FaultsMiddleware, faults=conduct.faults, seed=simulation.seed),
        ],
        exception_handlers={HTTPException: _say_detail},
    )
    return Sighten(api, storage, journal, world)


async def _say_detail(_: Request, error: Exception) -> Response:
    """Every refusal has the body that Sighten's kind of API gives it."""
    if not isinstance(error, HTTPException):
        raise error
    detail = "Not found." if error.detail == "Not Found" else error.detail
    return JSONResponse({"detail": detail}, error.status_code, headers=error.headers)

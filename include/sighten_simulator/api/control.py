"""Routes beside the API, by which people and tests steer the simulation and see what was asked of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sighten_simulator.api.journal import Journal
from sighten_simulator.api.refusals import Refusals
from sighten_simulator.api.status_page import render
from sighten_simulator.world.chance import written
from sighten_simulator.world.people import END
from sighten_simulator.world.world import EVERYTHING, World

EXPECTED_MOVE = "expected one of: now (a time), days (a number), until (next_re_sign or end)"


def control_routes(world: World, journal: Journal) -> list[Route]:
    """The page, health, the journal as JSON, and the lives' time, which can be moved."""

    async def show(_: Request) -> Response:
        return HTMLResponse(render(world, journal))

    async def say_healthy(_: Request) -> Response:
        return JSONResponse({"status": "serving", "milestones": len(world.seen_by(EVERYTHING).lives)})

    async def tell(_: Request) -> Response:
        return JSONResponse(journal.as_json())

    async def forget(_: Request) -> Response:
        journal.clear()
        return JSONResponse(journal.as_json())

    async def say_time(_: Request) -> Response:
        return JSONResponse(time_of(world))

    async def move(request: Request) -> Response:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        try:
            world.move_to(_moment(world, _asked((await request.body()).decode(), is_form=is_form)))
        except (ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
            raise HTTPException(400, f"{error}; {EXPECTED_MOVE}") from None
        return RedirectResponse("/", 303) if is_form else JSONResponse(time_of(world))

    return [
        Route("/", show),
        Route("/healthz", say_healthy),
        Route("/simulator/journal", tell),
        Route("/simulator/journal", forget, methods=["DELETE"]),
        Route("/simulator/time", say_time),
        Route("/simulator/time", move, methods=["POST"]),
    ]


def refusal_routes(refusals: Refusals) -> list[Route]:
    """What is refused on purpose, as JSON; it can be added to, and cleared."""

    async def tell(_: Request) -> Response:
        return JSONResponse(refusals.as_json())

    async def add(request: Request) -> Response:
        try:
            asked = dict(json.loads(await request.body()))
            refusals.add(str(asked["about"]), int(asked["status"]))
        except (ValueError, TypeError, KeyError) as error:
            raise HTTPException(400, f"{error}; expected about (a text) and status (a number)") from None
        return await tell(request)

    async def forget(request: Request) -> Response:
        refusals.clear()
        return await tell(request)

    path = "/simulator/refusals"
    return [Route(path, tell), Route(path, add, methods=["POST"]), Route(path, forget, methods=["DELETE"])]


def time_of(world: World) -> dict[str, Any]:
    """How far the lives have gone, and what is still to come."""
    to_come = world.re_signs_to_come()
    return {
        "now": written(world.now),
        "end": written(END),
        "re_signs_to_come": len(to_come),
        "next_re_sign": written(to_come[0]) if to_come else None,
    }


def _asked(body: str, *, is_form: bool) -> dict[str, Any]:
    return dict(parse_qsl(body)) if is_form else dict(json.loads(body))


def _moment(world: World, asked: dict[str, Any]) -> datetime:
    if "now" in asked:
        moment = datetime.fromisoformat(asked["now"])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if "days" in asked:
        return world.now + timedelta(days=float(asked["days"]))
    ends = {"next_re_sign": next(iter(world.re_signs_to_come()), END), "end": END}
    return ends[asked["until"]]

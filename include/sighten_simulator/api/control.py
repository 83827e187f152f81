"""Routes beside the API: the status page, the journal, the simulated time and the refusals."""

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
from sighten_simulator.world.timestamps import format_time
from sighten_simulator.world.world import EVERYTHING, World

EXPECTED_MOVE = "expected one of: now (a time), days (a number), until (next_re_sign or end)"


def control_routes(world: World, journal: Journal) -> list[Route]:
    """Status page, health check, journal, and simulated time."""

    async def show_page(_: Request) -> Response:
        return HTMLResponse(render(world, journal))

    async def check_health(_: Request) -> Response:
        return JSONResponse({"status": "serving", "milestones": len(world.index_for(EVERYTHING).lives)})

    async def show_journal(_: Request) -> Response:
        return JSONResponse(journal.as_json())

    async def clear_journal(_: Request) -> Response:
        journal.clear()
        return JSONResponse(journal.as_json())

    async def show_time(_: Request) -> Response:
        return JSONResponse(time_of(world))

    async def move_time(request: Request) -> Response:
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        try:
            world.move_to(_moment(world, _parse_move((await request.body()).decode(), is_form=is_form)))
        except (ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
            raise HTTPException(400, f"{error}; {EXPECTED_MOVE}") from None
        return RedirectResponse("/", 303) if is_form else JSONResponse(time_of(world))

    return [
        Route("/", show_page),
        Route("/healthz", check_health),
        Route("/simulator/journal", show_journal),
        Route("/simulator/journal", clear_journal, methods=["DELETE"]),
        Route("/simulator/time", show_time),
        Route("/simulator/time", move_time, methods=["POST"]),
    ]


def refusal_routes(refusals: Refusals) -> list[Route]:
    """List, add and clear refusals."""

    async def show(_: Request) -> Response:
        return JSONResponse(refusals.as_json())

    async def add(request: Request) -> Response:
        try:
            refusal = dict(json.loads(await request.body()))
            refusals.add(str(refusal["about"]), int(refusal["status"]))
        except (ValueError, TypeError, KeyError) as error:
            raise HTTPException(400, f"{error}; expected about (text) and status (a number)") from None
        return await show(request)

    async def clear(request: Request) -> Response:
        refusals.clear()
        return await show(request)

    path = "/simulator/refusals"
    return [Route(path, show), Route(path, add, methods=["POST"]), Route(path, clear, methods=["DELETE"])]


def time_of(world: World) -> dict[str, Any]:
    """The simulated present, its end, and the re-signs in between, as JSON."""
    re_signs = world.future_re_signs()
    return {
        "now": format_time(world.now),
        "end": format_time(world.end),
        "re_signs_to_come": len(re_signs),
        "next_re_sign": format_time(re_signs[0]) if re_signs else None,
    }


def _parse_move(body: str, *, is_form: bool) -> dict[str, Any]:
    return dict(parse_qsl(body)) if is_form else dict(json.loads(body))


def _moment(world: World, move: dict[str, Any]) -> datetime:
    if "now" in move:
        moment = datetime.fromisoformat(move["now"])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if "days" in move:
        return world.now + timedelta(days=float(move["days"]))
    targets = {"next_re_sign": next(iter(world.future_re_signs()), world.end), "end": world.end}
    return targets[move["until"]]

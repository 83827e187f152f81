"""Answers to requests for the report: the page, lists of milestones and single ones; the same under any server."""

import re
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sighten_warehouse.errors import ModelError, NotPublishedError
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.rendering import page_without_data, policy
from sighten_warehouse.report.timelines import MAX_FOUND, SORTS, Wanted

MAX_LISTED = 1000
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,7}")


def page(report: LiveReport) -> Response:
    """The page, or 503 and why there is none; pages of the same origin may frame it."""
    try:
        content, status = report.page(), 200
    except (ModelError, NotPublishedError) as error:
        content, status = page_without_data(str(error)), 503
    headers = HEADERS | {"Content-Security-Policy": f"{policy(live=True)}; frame-ancestors 'self'"}
    return Response(content, status, media_type="text/html; charset=utf-8", headers=headers)


def listed(report: LiveReport, request: Request) -> Response:
    """The milestones that the request's query asks for; 400 where it says something that cannot be."""
    asked = request.query_params
    try:
        wanted = _wanted(asked)
    except ValueError as error:
        return _json({"error": str(error)}, status=400)
    try:
        return _json(report.find(asked.get("environment", ""), wanted))
    except NotPublishedError as error:
        return _json({"error": str(error)}, status=404)


def timeline(report: LiveReport, request: Request, milestone_id: str) -> Response:
    """What happened to that milestone; 404 if there is none."""
    try:
        found = report.timeline(request.query_params.get("environment", ""), milestone_id)
    except NotPublishedError as error:
        return _json({"error": str(error)}, status=404)
    return _json({"error": "no such milestone"}, status=404) if found is None else _json(found)


def _wanted(asked: Mapping[str, str]) -> Wanted:
    sort = asked.get("sort", "newest")
    if sort not in SORTS:
        raise ValueError(f"sort: expected one of {', '.join(SORTS)}")
    return Wanted(
        definition_id=asked.get("definition"),
        organization_id=asked.get("organization"),
        first_day=_number(asked, "first"),
        last_day=_number(asked, "last"),
        state=asked.get("state") or None,
        text=asked.get("text") or None,
        sort=sort,
        most=max(1, min(_number(asked, "most") or MAX_FOUND, MAX_LISTED)),
    )


def _number(asked: Mapping[str, str], name: str) -> int | None:
    said = asked.get(name)
    if said is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(said):
        raise ValueError(f"{name}: expected a whole number")
    return int(said)


def _json(content: object, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json", headers=HEADERS)

"""HTTP responses of the report, for any Starlette server: the page, lists of milestones, and single milestones."""

import re
from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sighten_warehouse.errors import ModelError, NotPublishedError
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.rendering import page_without_data, policy
from sighten_warehouse.report.timelines import MAX_FOUND, SORTS, Filters

MAX_LISTED = 1000
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,7}")


def page(report: LiveReport) -> Response:
    """The page, or 503 with the reason; pages of the same origin may frame it."""
    try:
        content, status = report.page(), 200
    except (ModelError, NotPublishedError) as error:
        content, status = page_without_data(str(error)), 503
    headers = HEADERS | {"Content-Security-Policy": f"{policy(live=True)}; frame-ancestors 'self'"}
    return Response(content, status, media_type="text/html; charset=utf-8", headers=headers)


def listed(report: LiveReport, request: Request) -> Response:
    """The milestones that match the query; 400 if a parameter is invalid."""
    query = request.query_params
    try:
        filters = _filters(query)
    except ValueError as error:
        return _json({"error": str(error)}, status=400)
    try:
        return _json(report.find(query.get("environment", ""), filters))
    except NotPublishedError as error:
        return _json({"error": str(error)}, status=404)


def timeline(report: LiveReport, request: Request, milestone_id: str) -> Response:
    """The details of that milestone; 404 if there is none."""
    try:
        found = report.timeline(request.query_params.get("environment", ""), milestone_id)
    except NotPublishedError as error:
        return _json({"error": str(error)}, status=404)
    return _json({"error": "no such milestone"}, status=404) if found is None else _json(found)


def _filters(query: Mapping[str, str]) -> Filters:
    sort = query.get("sort", "newest")
    if sort not in SORTS:
        raise ValueError(f"sort: expected one of {', '.join(SORTS)}")
    return Filters(
        definition_id=query.get("definition"),
        organization_id=query.get("organization"),
        first_day=_number(query, "first"),
        last_day=_number(query, "last"),
        state=query.get("state") or None,
        text=query.get("text") or None,
        sort=sort,
        max_rows=max(1, min(_number(query, "most") or MAX_FOUND, MAX_LISTED)),
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(text):
        raise ValueError(f"{name}: expected a whole number")
    return int(text)


def _json(content: object, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json", headers=HEADERS)

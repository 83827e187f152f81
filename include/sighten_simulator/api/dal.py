"""The simulated DAL, `/api/data`: rows by filter or by path, pages, and errors inside a 200."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_simulator.api.baselines import SENTINELS, BaselineMissing, split_prefix, value
from sighten_simulator.api.metrics import LEVELS
from sighten_simulator.api.routes import both
from sighten_simulator.api.subjects import OBJECTS, Subject, find, is_unknown
from sighten_simulator.api.unknowns import Unknowns
from sighten_simulator.world.index import Index
from sighten_simulator.world.world import World

DEFAULT_LIMIT = 100


def dal_routes(world: World, unknowns: Unknowns) -> list[Route]:
    """Answers by filter for each object, and by path for one quote."""

    async def by_filter(request: Request) -> Response:
        name, params, index = request.path_params["name"], request.query_params, world.asked_by(request)
        if name not in OBJECTS:
            raise HTTPException(404, "Not found.")
        if is_unknown(index, params) and unknowns.unknown_quote != "no_row":
            return _unknown_quote(params, unknowns)
        return _answer(_Question(index, name, params, unknowns), find(index, name, params))

    async def by_path(request: Request) -> Response:
        quote_id, index = request.path_params["quote_id"], world.asked_by(request)
        if quote_id not in index.site_by_quote:
            raise HTTPException(404, "Not found.")
        subjects = [Subject(index.site_by_quote[quote_id], (quote_id,))]
        return _answer(_Question(index, "quote", request.query_params, unknowns), subjects)

    return [*both("/api/data/quote/{quote_id}", by_path), *both("/api/data/{name}", by_filter)]


class _Question:
    """What is asked of each subject."""

    def __init__(self, index: Index, name: str, params: QueryParams, unknowns: Unknowns) -> None:
        self.index = index
        self.name = name
        self.params = params
        self.unknowns = unknowns
        self.metrics = _metrics(params)
        self.baseline = params.get("baseline")

    def refused(self) -> list[str]:
        """The metrics among those asked for that it does not know, or will not give."""
        unknown = [one for one in self.metrics if split_prefix(one)[1] not in LEVELS]
        plainly = {one for one in self.metrics if {one, split_prefix(one)[1]} & self.unknowns.refused}
        return [one for one in self.metrics if one in unknown or one in plainly]

    def row(self, subject: Subject, metrics: Sequence[str]) -> dict[str, Any]:
        """The subject's values.

        Raises:
            BaselineMissing: one has none, and the variant in force has no way to say so in the row.
        """
        return {
            metric: value(self.index, self.name, subject, metric=metric, baseline=self.baseline, unknowns=self.unknowns)
            for metric in metrics
        }


def _metrics(params: QueryParams) -> list[str]:
    return [metric for metric in params.get("metrics", "").split(",") if metric]


def _answer(question: _Question, subjects: Sequence[Subject]) -> Response:
    refused = question.refused()
    errors = [f"Metric '{metric}' does not exist." for metric in refused]
    metrics = [metric for metric in question.metrics if metric not in refused]
    is_wrong = not question.metrics or question.baseline not in (None, *SENTINELS)
    if is_wrong:
        errors = ["Wrong question: expected metrics, and no baseline or one of " + ", ".join(SENTINELS) + "."]
    if errors and (is_wrong or question.unknowns.refusal != "metric"):
        return _refuse(errors, question.unknowns)
    first, limit = _slice(question.params, most=question.unknowns.most_rows)
    rows = []
    for subject in subjects[first : first + limit]:
        try:
            rows.append(question.row(subject, metrics))
        except BaselineMissing:
            if question.unknowns.not_signed == "404":
                raise HTTPException(404, "Not found.") from None
    return JSONResponse(_envelope(rows, errors=errors))


def _refuse(errors: list[str], unknowns: Unknowns) -> Response:
    return JSONResponse(_envelope([], errors=errors, status=400), 400 if unknowns.refusal == "400" else 200)


def _unknown_quote(params: QueryParams, unknowns: Unknowns) -> Response:
    if unknowns.unknown_quote == "404":
        raise HTTPException(404, "Not found.")
    said = SENTINELS["signed"] if unknowns.unknown_quote == "sentinel" else None
    return JSONResponse(_envelope([dict.fromkeys(_metrics(params), said)]))


def _slice(params: QueryParams, *, most: int | None) -> tuple[int, int]:
    try:
        page, limit = int(params.get("page", "1")), int(params.get("limit", str(DEFAULT_LIMIT)))
    except ValueError:
        page = limit = 0
    if page < 1 or limit < 1:
        raise HTTPException(400, "page and limit: expected whole numbers from 1.")
    limit = limit if most is None else min(limit, most)
    return (page - 1) * limit, limit


def _envelope(rows: list[dict[str, Any]], *, errors: Sequence[str] = (), status: int = 200) -> dict[str, Any]:
    messages = {"warning": [], "error": list(errors), "info": [], "critical": []}
    return {"data": rows, "messages": messages, "status_code": status}

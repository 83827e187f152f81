"""The simulated DAL, `/api/data`: queries by filter or by path, pages, and errors inside a 200."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_simulator.api.baselines import SENTINELS, MissingBaseline, metric_value, split_prefix
from sighten_simulator.api.metrics import LEVELS
from sighten_simulator.api.slashes import with_optional_slash
from sighten_simulator.api.subjects import OBJECTS, Subject, find_subjects, names_unknown_quote
from sighten_simulator.api.variants import ApiVariants
from sighten_simulator.world.index import Index
from sighten_simulator.world.world import World

DEFAULT_LIMIT = 100


def dal_routes(world: World, variants: ApiVariants) -> list[Route]:
    """The routes by filter for each object, and by path for one quote."""

    async def by_filter(request: Request) -> Response:
        name, params, index = request.path_params["name"], request.query_params, world.index_for_request(request)
        if name not in OBJECTS:
            raise HTTPException(404, "Not found.")
        if names_unknown_quote(index, params) and variants.unknown_quote != "no_row":
            return _unknown_quote(params, variants)
        return _respond(_Query(index, name, params, variants), find_subjects(index, name, params))

    async def by_path(request: Request) -> Response:
        quote_id, index = request.path_params["quote_id"], world.index_for_request(request)
        if quote_id not in index.site_by_quote:
            raise HTTPException(404, "Not found.")
        subjects = [Subject(index.site_by_quote[quote_id], (quote_id,))]
        return _respond(_Query(index, "quote", request.query_params, variants), subjects)

    return [
        *with_optional_slash("/api/data/quote/{quote_id}", by_path),
        *with_optional_slash("/api/data/{name}", by_filter),
    ]


class _Query:
    """The metrics and the baseline to read from each subject."""

    def __init__(self, index: Index, name: str, params: QueryParams, variants: ApiVariants) -> None:
        self.index = index
        self.name = name
        self.params = params
        self.variants = variants
        self.metrics = _metrics(params)
        self.baseline = params.get("baseline")

    def refused(self) -> list[str]:
        """The metrics that are unknown, or that the variant refuses."""
        return [metric for metric in self.metrics if self._is_refused(metric)]

    def _is_refused(self, metric: str) -> bool:
        plain = split_prefix(metric)[1]
        return plain not in LEVELS or bool({metric, plain} & self.variants.refused)

    def row(self, subject: Subject, metrics: Sequence[str]) -> dict[str, Any]:
        """The subject's values.

        Raises:
            MissingBaseline: a baseline is missing, and the variant has no value for that.
        """
        return {
            metric: metric_value(
                self.index, self.name, subject, metric=metric, baseline=self.baseline, variants=self.variants
            )
            for metric in metrics
        }


def _metrics(params: QueryParams) -> list[str]:
    return [metric for metric in params.get("metrics", "").split(",") if metric]


def _respond(query: _Query, subjects: Sequence[Subject]) -> Response:
    refused = query.refused()
    errors = [f"Metric '{metric}' does not exist." for metric in refused]
    metrics = [metric for metric in query.metrics if metric not in refused]
    is_invalid = not query.metrics or query.baseline not in (None, *SENTINELS)
    if is_invalid:
        errors = ["Invalid query: expected metrics, and no baseline or one of " + ", ".join(SENTINELS) + "."]
    if errors and (is_invalid or query.variants.refusal != "metric"):
        return _refuse(errors, query.variants)
    first, limit = _slice(query.params, max_rows=query.variants.max_rows)
    rows = []
    for subject in subjects[first : first + limit]:
        try:
            rows.append(query.row(subject, metrics))
        except MissingBaseline:
            if query.variants.not_signed == "404":
                raise HTTPException(404, "Not found.") from None
    return JSONResponse(_envelope(rows, errors=errors))


def _refuse(errors: list[str], variants: ApiVariants) -> Response:
    return JSONResponse(_envelope([], errors=errors, status=400), 400 if variants.refusal == "400" else 200)


def _unknown_quote(params: QueryParams, variants: ApiVariants) -> Response:
    if variants.unknown_quote == "404":
        raise HTTPException(404, "Not found.")
    value = SENTINELS["signed"] if variants.unknown_quote == "sentinel" else None
    return JSONResponse(_envelope([dict.fromkeys(_metrics(params), value)]))


def _slice(params: QueryParams, *, max_rows: int | None) -> tuple[int, int]:
    try:
        page, limit = int(params.get("page", "1")), int(params.get("limit", str(DEFAULT_LIMIT)))
    except ValueError:
        page = limit = 0
    if page < 1 or limit < 1:
        raise HTTPException(400, "page and limit: expected whole numbers from 1.")
    limit = limit if max_rows is None else min(limit, max_rows)
    return (page - 1) * limit, limit


def _envelope(rows: list[dict[str, Any]], *, errors: Sequence[str] = (), status: int = 200) -> dict[str, Any]:
    messages = {"warning": [], "error": list(errors), "info": [], "critical": []}
    return {"data": rows, "messages": messages, "status_code": status}

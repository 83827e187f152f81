"""The simulated DAL, `/api/data`: metrics by object, data baselines with their sentinels, errors inside a 200."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_warehouse.simulator.cast import Site
from sighten_warehouse.simulator.index import Index
from sighten_warehouse.simulator.metrics import LEVELS, values
from sighten_warehouse.simulator.routes import both

OBJECTS = ("workflow", "quote", "system", "site")
DEFAULT_LIMIT = 100
BASELINES = {"p": "proposed", "s": "signed", "a": "approved"}
# The last one's spelling is the vendor's; the others are formed after it.
SENTINELS = {
    "proposed": "PROPOSED_BASELINE_NONEXISTANT",
    "signed": "SIGNED_BASELINE_NONEXISTANT",
    "approved": "APPROVED_BASELINE_NONEXISTANT",
}


@dataclass(frozen=True)
class Subject:
    """What one row of an answer is about: a site, and those of its quotes that the object of the path has."""

    site: Site
    quote_ids: tuple[str, ...]


def dal_routes(index: Index) -> list[Route]:
    """Answers by filter for each object, and by path for one quote."""

    async def by_filter(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in OBJECTS:
            raise HTTPException(404, "Not found.")
        return _answer(index, name, find(index, name, request.query_params), request.query_params)

    async def by_path(request: Request) -> Response:
        quote_id = request.path_params["quote_id"]
        if quote_id not in index.site_by_quote:
            raise HTTPException(404, "Not found.")
        subjects = [Subject(index.site_by_quote[quote_id], (quote_id,))]
        return _answer(index, "quote", subjects, request.query_params)

    return [*both("/api/data/quote/{quote_id}", by_path), *both("/api/data/{name}", by_filter)]


def find(index: Index, name: str, params: QueryParams) -> list[Subject]:
    """What the filters leave of all objects of that name; all where there is no filter, none for an unknown id."""
    sites, quote_id = list(index.sites.values()), params.get("quote_id")
    if quote_id is not None:
        sites = [index.site_by_quote[quote_id]] if quote_id in index.site_by_quote else []
    if "site_id" in params:
        sites = [site for site in sites if site.site_id == params["site_id"]]
    if "workflow_id" in params:
        sites = [site for site in sites if site.workflow_id == params["workflow_id"]]
    if name == "site":
        return [Subject(site, site.quote_ids) for site in sites]
    if name == "workflow":
        return [Subject(site, (site.quote_id,)) for site in sites]
    return [Subject(site, (one,)) for site in sites for one in site.quote_ids if quote_id in (None, one)]


def _answer(index: Index, name: str, subjects: Sequence[Subject], params: QueryParams) -> Response:
    metrics = [metric for metric in params.get("metrics", "").split(",") if metric]
    errors = [f"Metric '{metric}' does not exist." for metric in metrics if split_prefix(metric)[1] not in LEVELS]
    baseline = params.get("baseline")
    if not metrics:
        errors = ["No metrics given."]
    if baseline is not None and baseline not in SENTINELS:
        errors.append(f"Baseline '{baseline}' does not exist.")
    if errors:
        return JSONResponse(_envelope([], errors=errors))
    first, limit = _slice(params)
    rows = [
        {metric: _value(index, name, subject, metric, baseline) for metric in metrics}
        for subject in subjects[first : first + limit]
    ]
    return JSONResponse(_envelope(rows))


def _slice(params: QueryParams) -> tuple[int, int]:
    try:
        page, limit = int(params.get("page", "1")), int(params.get("limit", str(DEFAULT_LIMIT)))
    except ValueError:
        page = limit = 0
    if page < 1 or limit < 1:
        raise HTTPException(400, "page and limit: expected whole numbers from 1.")
    return (page - 1) * limit, limit


def _value(index: Index, name: str, subject: Subject, metric: str, baseline: str | None) -> Any:
    """A scalar where the metric is one to one with the object of the path, else a list, or the baseline's sentinel."""
    prefixed, plain = split_prefix(metric)
    baseline = prefixed or baseline
    quote_ids = subject.quote_ids if baseline is None else _baseline_quotes(index, subject.site, baseline)
    if quote_ids is None:
        return SENTINELS[str(baseline)]
    found = values(index, plain, site=subject.site, quote_ids=quote_ids)
    is_scalar = LEVELS[plain] == "site" or (LEVELS[plain] == "quote" and name != "site")
    return found[0] if is_scalar else found


def _baseline_quotes(index: Index, site: Site, baseline: str) -> tuple[str, ...] | None:
    if baseline == "proposed":
        return (site.quote_id,)
    exists = site.signed_quote_id is not None and (baseline == "signed" or index.is_approved(site))
    return (str(site.signed_quote_id),) if exists else None


def split_prefix(metric: str) -> tuple[str | None, str]:
    """The baseline that a metric's prefix chooses, and its name without it: `s_quote_id` is `quote_id`, signed."""
    letter, _, rest = metric.partition("_")
    return (BASELINES[letter], rest) if letter in BASELINES and rest in LEVELS else (None, metric)


def _envelope(rows: list[dict[str, Any]], *, errors: Sequence[str] = ()) -> dict[str, Any]:
    messages = {"warning": [], "error": list(errors), "info": [], "critical": []}
    return {"data": rows, "messages": messages, "status_code": 400 if errors else 200}

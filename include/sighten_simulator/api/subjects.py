"""The subjects of a DAL query: one for each row of the response, after the filters."""

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from sighten_simulator.api.metrics import proposal_ids, system_id
from sighten_simulator.world.index import Index
from sighten_simulator.world.people import Site

OBJECTS = ("workflow", "quote", "system", "site", "proposal")


@dataclass(frozen=True)
class Subject:
    """The subject of one row: a site, those of its quotes that belong to the object, and perhaps one proposal."""

    site: Site
    quote_ids: tuple[str, ...]
    proposal_id: str | None = None


def names_unknown_quote(index: Index, params: QueryParams) -> bool:
    """Whether the filter names a quote that does not exist or that the user may not see."""
    return "quote_id" in params and params["quote_id"] not in index.site_by_quote


def find_subjects(index: Index, name: str, params: QueryParams) -> list[Subject]:
    """All objects of that name that match the filters."""
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
    quotes = [Subject(site, (quote,)) for site in sites for quote in site.quote_ids if quote_id in (None, quote)]
    if "system_id" in params:
        quotes = [quote for quote in quotes if system_id(index.seed, quote.quote_ids[0]) == params["system_id"]]
    return _proposals(index, quotes, params) if name == "proposal" else quotes


def _proposals(index: Index, quotes: list[Subject], params: QueryParams) -> list[Subject]:
    filter_id = params.get("proposal_id")
    return [
        Subject(quote.site, quote.quote_ids, proposal_id)
        for quote in quotes
        for proposal_id in proposal_ids(index.seed, quote.quote_ids[0], quote.site)
        if filter_id in (None, proposal_id)
    ]

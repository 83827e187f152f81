"""What the rows of a DAL answer are about, and which of them the filters leave."""

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from sighten_simulator.api.metrics import proposal_ids, system_id
from sighten_simulator.world.index import Index
from sighten_simulator.world.people import Site

OBJECTS = ("workflow", "quote", "system", "site", "proposal")


@dataclass(frozen=True)
class Subject:
    """What one row of an answer is about: a site, those of its quotes that the object has, and perhaps one proposal."""

    site: Site
    quote_ids: tuple[str, ...]
    proposal_id: str | None = None


def is_unknown(index: Index, params: QueryParams) -> bool:
    """Whether a quote is asked about that nobody knows, or that this user may not see."""
    return "quote_id" in params and params["quote_id"] not in index.site_by_quote


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
    quotes = [Subject(site, (one,)) for site in sites for one in site.quote_ids if quote_id in (None, one)]
    if "system_id" in params:
        quotes = [one for one in quotes if system_id(index.seed, one.quote_ids[0]) == params["system_id"]]
    return _proposals(index, quotes, params) if name == "proposal" else quotes


def _proposals(index: Index, quotes: list[Subject], params: QueryParams) -> list[Subject]:
    wanted = params.get("proposal_id")
    return [
        Subject(quote.site, quote.quote_ids, proposal_id)
        for quote in quotes
        for proposal_id in proposal_ids(index.seed, quote.quote_ids[0], quote.site)
        if wanted in (None, proposal_id)
    ]

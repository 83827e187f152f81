"""Requests the list of sites with their times of last update, and lands it."""

from collections.abc import Collection, Iterator

import structlog

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import land_answers
from sighten_warehouse.api.errors import NotFoundError, RefusedCallError
from sighten_warehouse.errors import PermissionDeniedError, StorageError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.answers.site_listings import METRICS

log = structlog.get_logger()

SITES_PATH = "/api/data/site/"
PROJECTS_PATH = "/api/v1/project"
_QUERY = {"metrics": ",".join(METRICS)}
_REFUSALS = (RefusedCallError, PermissionDeniedError)

Answers = Iterator[tuple[Answer, ApiRequest]]


def land_site_list(layout: Layout, client: ApiClient, *, sites: Collection[str]) -> None:
    """Request these sites, or all, and land the answers in one file, so that a list is landed whole or not at all.

    If the DAL refuses, the list of all projects is requested instead.

    Raises:
        WarehouseError: as `ApiClient.pages`; nothing is landed then.
        StorageError: the disk refused a write.
    """
    try:
        answers = list(_named_sites(client, sites) if sites else _all_sites(client))
    except _REFUSALS as error:
        log.warning("list_of_sites_refused", path=SITES_PATH, reason=str(error), instead=PROJECTS_PATH)
        answers = list(_page_answers(client.pages(PROJECTS_PATH, query={"archived": "false"})))
    try:
        name = land_answers(layout.landing, answers)
    except OSError as error:
        raise StorageError(f"{layout.landing}: {error.strerror}, expected to land the list of sites there") from error
    log.info("listed_sites", file=name, pages=len(answers), asked_for=len(sites) or None)


def _all_sites(client: ApiClient) -> Answers:
    return _page_answers(client.numbered_pages(SITES_PATH, query=_QUERY))


def _page_answers(pages: Iterator[Answer]) -> Answers:
    for number, page in enumerate(pages, 1):
        yield page, ApiRequest(purpose="rest_sites", target=page.target, status=page.status, object=f"page {number}")


def _named_sites(client: ApiClient, sites: Collection[str]) -> Answers:
    is_any_found = False
    for site_id in sorted(sites):
        try:
            answer = client.get(SITES_PATH, query={**_QUERY, "site_id": site_id})
            is_any_found = True
        except NotFoundError as error:
            answer = error.answer
        yield answer, ApiRequest(purpose="rest_sites", target=answer.target, status=answer.status, site_id=site_id)
    if not is_any_found:  # every call was a 404: raise if the DAL itself is missing, not only these sites
        client.get(SITES_PATH, query={**_QUERY, "page": 1, "limit": 1})

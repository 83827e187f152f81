"""Asks the API which sites there are and when each was last updated, and lands the list as it came."""

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
    """Ask for those sites, or for all, and land the answers in one file: so a list is there whole or not at all.

    Where the DAL refuses, the list of all projects is asked for.

    Raises:
        WarehouseError: as `ApiClient.pages`; nothing is landed then.
        StorageError: the disk refused.
    """
    try:
        answers = list(_some(client, sites) if sites else _all(client))
    except _REFUSALS as error:
        log.warning("list_of_sites_refused", path=SITES_PATH, reason=str(error), instead=PROJECTS_PATH)
        answers = list(_pages(client.pages(PROJECTS_PATH, query={"archived": "false"})))
    try:
        name = land_answers(layout.landing, answers)
    except OSError as error:
        raise StorageError(f"{layout.landing}: {error.strerror}, expected to land the list of sites there") from error
    log.info("listed_sites", file=name, pages=len(answers), asked_for=len(sites) or None)


def _all(client: ApiClient) -> Answers:
    return _pages(client.numbered_pages(SITES_PATH, query=_QUERY))


def _pages(pages: Iterator[Answer]) -> Answers:
    for number, page in enumerate(pages, 1):
        yield page, ApiRequest(purpose="rest_sites", target=page.target, status=page.status, object=f"page {number}")


def _some(client: ApiClient, sites: Collection[str]) -> Answers:
    is_there = False
    for site_id in sorted(sites):
        try:
            answer = client.get(SITES_PATH, query={**_QUERY, "site_id": site_id})
            is_there = True
        except NotFoundError as error:
            answer = error.answer
        yield answer, ApiRequest(purpose="rest_sites", target=answer.target, status=answer.status, site_id=site_id)
    if not is_there:  # 404 is said of a site that is not to be seen, and of a DAL that is not there at all
        client.get(SITES_PATH, query={**_QUERY, "page": 1, "limit": 1})

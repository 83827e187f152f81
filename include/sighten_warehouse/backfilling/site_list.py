"""Asks the API which sites there are and when each was last updated, and lands the list as it came."""

from collections.abc import Collection, Iterator

import structlog

from sighten_warehouse.api_answer import Answer
from sighten_warehouse.asked import Asked, land_answers
from sighten_warehouse.client import ApiClient
from sighten_warehouse.errors import NotFoundError, RefusedCallError, StorageError
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.site_listings import METRICS

log = structlog.get_logger()

SITES_PATH = "/api/data/site/"
PROJECTS_PATH = "/api/v1/project"
_QUERY = {"metrics": ",".join(METRICS)}


def land_site_list(layout: Layout, client: ApiClient, *, sites: Collection[str]) -> None:
    """Ask for those sites, or for all, and land the answers in one file: so a list is there whole or not at all.

    Where the DAL refuses, the list of projects is asked for.

    Raises:
        WarehouseError: as `ApiClient.pages`; nothing is landed then.
        StorageError: the disk refused.
    """
    answers = list(_some(client, sites) if sites else _all(client))
    try:
        name = land_answers(layout.landing, answers)
    except OSError as error:
        raise StorageError(f"{layout.landing}: {error.strerror}, expected to land the list of sites there") from error
    log.info("listed_sites", file=name, pages=len(answers), asked_for=len(sites) or None)


def _all(client: ApiClient) -> Iterator[tuple[Answer, Asked]]:
    try:
        pages = list(client.numbered_pages(SITES_PATH, query=_QUERY))
    except RefusedCallError as error:
        log.warning("list_of_sites_refused", path=SITES_PATH, status=error.answer.status, instead=PROJECTS_PATH)
        pages = list(client.pages(PROJECTS_PATH, query={"archived": "false"}))
    for number, page in enumerate(pages, 1):
        yield page, Asked(purpose="rest_sites", target=page.target, status=page.status, object=f"page {number}")


def _some(client: ApiClient, sites: Collection[str]) -> Iterator[tuple[Answer, Asked]]:
    for site_id in sorted(sites):
        try:
            answer = client.get(SITES_PATH, query={**_QUERY, "site_id": site_id})
        except NotFoundError as error:
            answer = error.answer
        yield answer, Asked(purpose="rest_sites", target=answer.target, status=answer.status, site_id=site_id)

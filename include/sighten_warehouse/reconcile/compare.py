"""Lands the current milestones of changed sites and compares them with what was delivered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector
from sighten_warehouse.backfill.rest.items import ItemList, read_list
from sighten_warehouse.backfill.rest.walk import MILESTONES_PATH, RECORD_TYPE, SITE_ERRORS, WORKFLOWS_PATH
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import CircuitOpenError, WarehouseError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.landing.erasures import read_tombstones
from sighten_warehouse.querying import open_models
from sighten_warehouse.settings import Settings


@dataclass(frozen=True)
class ChangedSite:
    """A site that changed and was not compared since; times are UTC without a zone.

    Args:
        site_id: the site.
        updated_at: its last change, by the list of sites.
        compared_from: changes of its milestones before this time are not compared.
    """

    site_id: str
    updated_at: datetime
    compared_from: datetime


@dataclass(frozen=True)
class Comparison:
    """The changes of some days, including answers that are not loaded yet.

    Args:
        changed: changes that should have sent a webhook.
        delivered: of these, changes whose webhook was delivered.
        sites_to_pull: sites with a change, of any day, that was neither delivered nor pulled.
    """

    changed: int
    delivered: int
    sites_to_pull: frozenset[str]


def changed_sites(settings: Settings, *, days: int, clock: Clock) -> list[ChangedSite]:
    """Return the sites to compare by the newest list of sites, except erased ones, the earliest change first.

    Covers the last `days` days, or since the last reconcile if that is longer, but not the last hour.

    Raises:
        LakeError: commits contradict each other.
    """
    variables = {"asked_at": clock.now().replace(tzinfo=None), "compared_from": first_compared(days=days, clock=clock)}
    with open_models(settings.layout, ["enrich.changed_sites"], inputs={}, variables=variables) as connection:
        columns = "site_id, site_updated_at, compared_from_at"
        rows = connection.execute(f"select {columns} from enrich.changed_sites order by site_updated_at, site_id")
        changed = [ChangedSite(*row) for row in rows.fetchall()]
    tombstones = read_tombstones(settings.layout)
    return [site for site in changed if not tombstones.is_erased_id(site.site_id)]


def compare(settings: Settings, *, since: datetime) -> Comparison:
    """Compare the changes since then with what was delivered.

    Raises:
        LakeError: commits contradict each other.
    """
    with open_models(settings.layout, ["ops.coverage"], inputs={}, variables={}) as connection:
        sums = "select coalesce(sum(changed), 0), coalesce(sum(delivered), 0) from ops.coverage where changed_date >= ?"
        changed, delivered = connection.execute(sums, [since.date()]).fetchall()[0]
        missing = "select distinct site_id from ops.reconciled where outcome = 'missing' and pulled_at is null"
        to_pull = frozenset(site_id for (site_id,) in connection.execute(missing).fetchall())
    return Comparison(int(changed), int(delivered), to_pull)


def first_compared(*, days: int, clock: Clock) -> datetime:
    """Return the midnight at which the last `days` days begin, UTC without a zone."""
    return datetime.combine((clock.now() - timedelta(days=days)).date(), datetime.min.time())


def land_milestones(
    site: ChangedSite, *, client: ApiClient, answers: AnswerCollector, clock: Clock
) -> WarehouseError | None:
    """Land the current milestones of the site; an error about this site alone is returned and nothing is landed.

    Raises:
        CircuitOpenError: the API was not called.
        FatalError: somebody must act.
        StorageError: the disk refused a write.
    """
    try:
        workflows = _list(client, WORKFLOWS_PATH, "site_id", site.site_id, clock=clock)
        lists = [
            _list(client, MILESTONES_PATH, "workflow_id", workflow.item_id, clock=clock)
            for workflow in workflows.items
            if workflow.item_id is not None
        ]
    except CircuitOpenError:
        raise
    except SITE_ERRORS as error:
        return error
    request = ApiRequest(
        purpose="rest_milestones",
        target=workflows.target,
        status=HTTPStatus.OK,
        site_id=site.site_id,
        site_updated_at=site.updated_at.isoformat(),
        asked_at=workflows.asked_at.isoformat(),
        compared_from=site.compared_from.isoformat(),
    )
    body = msgspec.json.encode(
        {
            "workflows": [item.json for item in workflows.items],
            "milestones": [item.json for listed in lists for item in listed.items],
        }
    )
    answers.add(Answer(request.target, request.target, HTTPStatus.OK, RECORD_TYPE, body, clock.now(), None), request)
    return None


def _list(client: ApiClient, path: str, by: str, item_id: str, *, clock: Clock) -> ItemList:
    asked_at = clock.now()
    return read_list(client.pages(path, query={by: item_id}), asked_at=asked_at)

"""Walks from a site over REST to its workflows, milestones, tasks and sub_tasks, and lands each milestone whole."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector
from sighten_warehouse.backfill.rest.items import Item, ItemList, read_list
from sighten_warehouse.backfill.rest.listed_sites import ListedSite, ListedSites
from sighten_warehouse.backfill.rest.stopping import StoppedError
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import (
    ApiContractError,
    ApiUnavailableError,
    CircuitOpenError,
    PermissionDeniedError,
    RejectedError,
    WarehouseError,
)
from sighten_warehouse.landing.api_request import ApiRequest

WORKFLOWS_PATH = "/api/v1/ops_workflow"
MILESTONES_PATH = "/api/v1/milestone"
TASKS_PATH = "/api/v1/task"
SUB_TASKS_PATH = "/api/v1/sub_task"
RECORD_TYPE = "application/vnd.sighten-warehouse.rest+json"

# Errors about one site. Others, such as an unknown token, concern every call.
SITE_ERRORS = (RejectedError, ApiUnavailableError, ApiContractError, PermissionDeniedError)


@dataclass(frozen=True)
class SiteOutcome:
    """The outcome of one site: landed with its number of milestones, failed with an error, or stopped."""

    site: ListedSite
    milestones: int = 0
    error: WarehouseError | None = None
    is_stopped: bool = False


class Walker:
    """Walks through sites; any number of threads may share it.

    A milestone is landed once it is complete, and the record that the site is done after its last milestone. So an
    interrupted walk continues at the milestone where it stopped.

    Args:
        client: the API's client.
        answers: collects the answers to land.
        clock: for the times of the requests.
        known: the milestones that need not be pulled again, and those that must not.
        stop: ends the walk when it returns true.
    """

    def __init__(
        self,
        client: ApiClient,
        answers: AnswerCollector,
        *,
        clock: Clock,
        known: ListedSites,
        stop: Callable[[], bool],
    ) -> None:
        self._client = client
        self._answers = answers
        self._clock = clock
        self._known = known
        self._stop = stop

    def walk(self, site: ListedSite) -> SiteOutcome:
        """Land the site's milestones.

        Raises:
            CircuitOpenError: the API was not called.
            FatalError: somebody must act.
            StorageError: the disk refused a write.
        """
        try:
            return SiteOutcome(site, milestones=self._site(site))
        except StoppedError:
            return SiteOutcome(site, is_stopped=True)
        except CircuitOpenError:
            raise
        except SITE_ERRORS as error:
            return SiteOutcome(site, error=error)

    def _site(self, site: ListedSite) -> int:
        workflows = self._list(WORKFLOWS_PATH, "site_id", site.site_id)
        found: list[str | None] = []
        for workflow in workflows.items:
            if workflow.item_id is None:
                raise RejectedError("no_uuid", place=WORKFLOWS_PATH, expected="a workflow with a UUID as uuid")
            milestones = self._list(MILESTONES_PATH, "workflow_id", workflow.item_id)
            for milestone in milestones.items:
                if self._known.is_erased(milestone.item_id or ""):
                    continue
                if milestone.item_id not in self._known.pulled.get(site.site_id, ()):
                    self._milestone(site, workflow, milestone, milestones)
                found.append(milestone.item_id)
        content = {"site": _site_json(site), "workflows": _items_json(workflows), "milestones": found}
        self._land("rest_site", site, content, workflows)
        return len(found)

    def _milestone(self, site: ListedSite, workflow: Item, milestone: Item, listed: ItemList) -> None:
        tasks = self._list(TASKS_PATH, "milestone_id", milestone.item_id) if milestone.item_id else None
        content = {
            "site": _site_json(site),
            "workflow": workflow.json,
            "milestone": milestone.json,
            "tasks": [{"task": task.json, "sub_tasks": self._sub_tasks(task)} for task in tasks.items]
            if tasks
            else None,
        }
        self._land("rest_milestone", site, content, listed, milestone_id=milestone.item_id)

    def _sub_tasks(self, task: Item) -> list[msgspec.Raw] | None:
        return _items_json(self._list(SUB_TASKS_PATH, "task_id", task.item_id)) if task.item_id else None

    def _list(self, path: str, by: str, item_id: str) -> ItemList:
        if self._stop():
            raise StoppedError
        asked_at = self._clock.now()
        return read_list(self._client.pages(path, query={by: item_id}), asked_at=asked_at)

    def _land(
        self, purpose: str, site: ListedSite, content: object, listed: ItemList, *, milestone_id: str | None = None
    ) -> None:
        request = ApiRequest(
            purpose=purpose,
            target=listed.target,
            status=HTTPStatus.OK,
            milestone_id=milestone_id,
            site_id=site.site_id,
            site_updated_at=_updated(site),
            asked_at=listed.asked_at.isoformat(),
        )
        body, now = msgspec.json.encode(content), self._clock.now()
        self._answers.add(Answer(listed.path, listed.target, HTTPStatus.OK, RECORD_TYPE, body, now, None), request)


def _items_json(listed: ItemList) -> list[msgspec.Raw]:
    return [item.json for item in listed.items]


def _site_json(site: ListedSite) -> dict[str, str | None]:
    return {"site_id": site.site_id, "site_last_updated": _updated(site)}


def _updated(site: ListedSite) -> str | None:
    return site.updated_at.isoformat() if site.updated_at else None

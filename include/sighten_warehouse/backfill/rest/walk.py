"""Walks from a site by REST to its workflows, milestones, tasks and sub_tasks, and lands each milestone whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector
from sighten_warehouse.backfill.rest.items import Item, Listed, read_list
from sighten_warehouse.backfill.rest.listed_sites import ListedSite
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

# These are about the site that was asked for. Others, as a token that is not known, are about every call.
COSTS_THE_SITE = (RejectedError, ApiUnavailableError, ApiContractError, PermissionDeniedError)


@dataclass(frozen=True)
class Walked:
    """What became of one site: landed with so many milestones, failed with an error, or left where it stands."""

    site: ListedSite
    milestones: int = 0
    error: WarehouseError | None = None
    is_left: bool = False


class Walker:
    """Walks through sites, from as many threads as one likes.

    A milestone is landed as soon as all of it is there, and the note that the site is done behind its last one; so
    whatever is cut off goes on from the milestone that it had come to.

    Args:
        client: the API's.
        answers: where they are landed.
        clock: tells when something was asked.
        pulled: by site, the milestones that need not be asked for again.
        stop: whether to go no further.
    """

    def __init__(
        self,
        client: ApiClient,
        answers: AnswerCollector,
        *,
        clock: Clock,
        pulled: Mapping[str, frozenset[str]],
        stop: Callable[[], bool],
    ) -> None:
        self._client = client
        self._answers = answers
        self._clock = clock
        self._pulled = pulled
        self._stop = stop

    def walk(self, site: ListedSite) -> Walked:
        """Land what REST tells of the site.

        Raises:
            CircuitOpenError: the API was not asked.
            FatalError: somebody must act.
            StorageError: the disk refused.
        """
        try:
            return Walked(site, milestones=self._site(site))
        except StoppedError:
            return Walked(site, is_left=True)
        except CircuitOpenError:
            raise
        except COSTS_THE_SITE as error:
            return Walked(site, error=error)

    def _site(self, site: ListedSite) -> int:
        workflows = self._list(WORKFLOWS_PATH, "site_id", site.site_id)
        found: list[str | None] = []
        for workflow in workflows.items:
            if workflow.item_id is None:
                raise RejectedError("no_uuid", place=WORKFLOWS_PATH, expected="a workflow with a UUID as uuid")
            milestones = self._list(MILESTONES_PATH, "workflow_id", workflow.item_id)
            for milestone in milestones.items:
                if milestone.item_id not in self._pulled.get(site.site_id, ()):
                    self._milestone(site, workflow, milestone, milestones)
                found.append(milestone.item_id)
        content = {"site": _told_of(site), "workflows": _json_of(workflows), "milestones": found}
        self._land("rest_site", site, content, workflows)
        return len(found)

    def _milestone(self, site: ListedSite, workflow: Item, milestone: Item, listed: Listed) -> None:
        tasks = self._list(TASKS_PATH, "milestone_id", milestone.item_id) if milestone.item_id else None
        content = {
            "site": _told_of(site),
            "workflow": workflow.json,
            "milestone": milestone.json,
            "tasks": [{"task": one.json, "sub_tasks": self._sub_tasks(one)} for one in tasks.items] if tasks else None,
        }
        self._land("rest_milestone", site, content, listed, milestone_id=milestone.item_id)

    def _sub_tasks(self, task: Item) -> list[msgspec.Raw] | None:
        return _json_of(self._list(SUB_TASKS_PATH, "task_id", task.item_id)) if task.item_id else None

    def _list(self, path: str, by: str, item_id: str) -> Listed:
        if self._stop():
            raise StoppedError
        asked_at = self._clock.now()
        return read_list(self._client.pages(path, query={by: item_id}), asked_at=asked_at)

    def _land(
        self, purpose: str, site: ListedSite, content: object, listed: Listed, *, milestone_id: str | None = None
    ) -> None:
        asked = ApiRequest(
            purpose=purpose,
            target=listed.target,
            status=HTTPStatus.OK,
            milestone_id=milestone_id,
            site_id=site.site_id,
            site_updated_at=_updated(site),
            asked_at=listed.asked_at.isoformat(),
        )
        body, now = msgspec.json.encode(content), self._clock.now()
        self._answers.add(Answer(listed.path, listed.target, HTTPStatus.OK, RECORD_TYPE, body, now, None), asked)


def _json_of(listed: Listed) -> list[msgspec.Raw]:
    return [item.json for item in listed.items]


def _told_of(site: ListedSite) -> dict[str, str | None]:
    return {"site_id": site.site_id, "site_last_updated": _updated(site)}


def _updated(site: ListedSite) -> str | None:
    return site.updated_at.isoformat() if site.updated_at else None

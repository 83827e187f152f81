"""The simulated `/api/v1` lists: sites, workflows, milestones, tasks and sub_tasks, 25 a page."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_simulator.api.listing import KeyedRow, Listing, Row
from sighten_simulator.api.slashes import with_optional_slash
from sighten_simulator.world.codes import TASK_APPROVED
from sighten_simulator.world.index import Index
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.tasks import task_definition_id
from sighten_simulator.world.timestamps import format_time
from sighten_simulator.world.world import World

PAGE_SIZE = 25
# The filters of each list; other parameters are ignored, as Django REST framework does.
FILTERS = {
    "site": ("site_id",),
    "project": ("site_id", "archived"),
    "ops_workflow": ("site_id", "workflow_id"),
    "milestone": ("workflow_id", "site_id"),
    "task": ("milestone_id",),
    "sub_task": ("task_id",),
}


def list_routes(world: World) -> list[Route]:
    """The routes of all lists."""

    async def list_rows(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in LISTS:
            raise HTTPException(404, "Not found.")
        filters = {key: request.query_params[key] for key in FILTERS[name] if key in request.query_params}
        return JSONResponse(_page(request, _listing(world.index_for_request(request), name).filtered(filters)))

    return with_optional_slash("/api/v1/{name}", list_rows)


@lru_cache(maxsize=24)  # every list of a few users; an index never changes
def _listing(index: Index, name: str) -> Listing:
    return Listing(LISTS[name](index))


def _page(request: Request, rows: list[Row]) -> Row:
    """One page of the rows, with the URLs of the next and the previous page."""
    number = request.query_params.get("page", "1")
    last = max(1, -(-len(rows) // PAGE_SIZE))
    if number not in map(str, range(1, last + 1)):
        raise HTTPException(404, "Invalid page.")
    page = int(number)
    return {
        "count": len(rows),
        "next": str(request.url.include_query_params(page=page + 1)) if page < last else None,
        "previous": str(request.url.include_query_params(page=page - 1)) if page > 1 else None,
        "results": rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
    }


def _sites(index: Index) -> Iterator[KeyedRow]:
    for site in index.sites.values():
        yield (
            {"site_id": site.site_id},
            {
                "uuid": site.site_id,
                "owned_by_organization": site.organization_id,
                "date_created": format_time(site.date_created),
                "archived": False,
            },
        )


def _projects(index: Index) -> Iterator[KeyedRow]:
    for site in index.sites.values():
        row = {"uuid": site.site_id, "archived": False, "date_updated": index.last_updated(site)}
        yield {"site_id": site.site_id, "archived": "false"}, row


def _workflows(index: Index) -> Iterator[KeyedRow]:
    for site in index.sites.values():
        yield (
            {"site_id": site.site_id, "workflow_id": site.workflow_id},
            {
                "uuid": site.workflow_id,
                "site": site.site_id,
                "contract": new_uuid(seeded_random("contract", site.workflow_id)) if site.signings else None,
                "initial_quote": site.quote_id,
            },
        )


def _milestones(index: Index) -> Iterator[KeyedRow]:
    for life in index.lives:
        payload, workflow_id = life.final, life.site.workflow_id
        yield (
            {"workflow_id": workflow_id, "site_id": life.site.site_id},
            {
                "uuid": life.milestone_id,
                "name": payload["name"],
                "alias": payload["name"].upper().replace(" ", "_"),
                "status": payload["status"],
                "workflow": workflow_id,
                "milestone_definition": payload["milestone_definition"],
                "responsible_user": payload["assigned_to"]["uuid"],
                "date_updated": payload["date_updated"],
            },
        )


def _tasks(index: Index) -> Iterator[KeyedRow]:
    for life in index.lives:
        for task in life.final["tasks"]:
            user_id = task["assigned_to"]["uuid"]
            yield (
                {"milestone_id": life.milestone_id},
                {
                    "uuid": task["uuid"],
                    "name": task["name"],
                    "status": task["status"],
                    "description": task["description"],
                    "milestone": life.milestone_id,
                    "task_definition": task_definition_id(index.seed, task["name"]),
                    "responsible_user": user_id,
                    "approver_user": user_id if task["status"] == TASK_APPROVED else None,
                },
            )


def _sub_tasks(index: Index) -> Iterator[KeyedRow]:
    for life in index.lives:
        for task in life.final["tasks"]:
            for sub_task in task["sub_tasks"]:
                instructions = sub_task["instructions"]
                yield (
                    {"task_id": task["uuid"]},
                    {
                        "uuid": sub_task["uuid"],
                        "label": sub_task["label"],
                        "instructions": None if instructions == "None" else instructions,
                        "category": sub_task["category"],
                        "status": sub_task["status"],
                        "task": task["uuid"],
                    },
                )


LISTS: dict[str, Callable[[Index], Iterator[KeyedRow]]] = {
    "site": _sites,
    "project": _projects,
    "ops_workflow": _workflows,
    "milestone": _milestones,
    "task": _tasks,
    "sub_task": _sub_tasks,
}

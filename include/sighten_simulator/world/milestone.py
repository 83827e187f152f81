"""A milestone's own fields and its comments: keys in the order of the vendor's sample, then those of 2021."""

from datetime import datetime
from random import Random
from typing import Any

from sighten_simulator.world import codes
from sighten_simulator.world.catalog import MilestoneTemplate
from sighten_simulator.world.people import Organization, Site, User
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.tasks import counters, new_task
from sighten_simulator.world.timestamps import format_time

PRIVATE_SHARE = 0.2


def milestone_definition_id(seed: int, name: str) -> str:
    """The uuid of the milestone definition of that name."""
    return new_uuid(seeded_random(seed, "milestone_definition", name))


def new_milestone(
    random: Random, template: MilestoneTemplate, *, seed: int, site: Site, organization: Organization
) -> dict[str, Any]:
    """A milestone before its first event."""
    users = organization.users
    tasks = [new_task(random, task, seed=seed, assignee=random.choice(users)) for task in template.tasks]
    return {
        "comments": [],
        "tasks": tasks,
        "uuid": new_uuid(random),
        "date_updated": format_time(site.date_created),
        "site": site.site_id,
        "name": template.name,
        "status": codes.IN_PROGRESS,
        # Always the original quote, whatever is signed later.
        "quote": site.quote_id,
        "assigned_to": random.choice(users).as_payload(),
        "milestone_definition": milestone_definition_id(seed, template.name),
        "description": template.description,
        **counters(tasks),
    }


def new_comment(random: Random, text: str, *, author: User, at: datetime, log: bool) -> dict[str, Any]:
    """A comment of a person, or of the action log if `log`."""
    return {
        "commentor_first_name": author.first_name,
        "comment": text,
        "commentor": author.email,
        "timestamp": format_time(at),
        "uuid": new_uuid(random),
        "thread": None,
        "commentor_last_name": author.last_name,
        "commenter_id": author.user_id,
        "comment_type": codes.LOG_COMMENT if log else codes.NOTE_COMMENT,
        "last_updated": format_time(at),
        "private": not log and random.random() < PRIVATE_SHARE,
    }

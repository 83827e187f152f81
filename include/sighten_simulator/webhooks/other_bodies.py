"""Webhooks of kinds that are not loaded: stage transitions with public keys, and others with keys of our own."""

from collections.abc import Callable
from random import Random
from typing import Any

from sighten_simulator.webhooks.body import BodyKind, WebhookBody
from sighten_simulator.world.lives import Life, Snapshot
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.timestamps import format_time

_STAGES = ("Lead", "Proposal", "Contract", "Construction", "Operation")


def other_bodies(life: Life, *, seed: int, share: float) -> list[WebhookBody]:
    """A body of another kind for a share of the life's snapshots."""
    random = seeded_random(seed, "other bodies", life.milestone_id)
    chosen = [snapshot for snapshot in life.snapshots if random.random() < share]
    return [_other(random, life, snapshot, seed=seed) for snapshot in chosen]


def _other(random: Random, life: Life, snapshot: Snapshot, *, seed: int) -> WebhookBody:
    kind: BodyKind = random.choice(("stage_transition", "unknown"))
    make = _stage_transition if kind == "stage_transition" else random.choice(_UNKNOWN)
    return WebhookBody(life.milestone_id, new_uuid(random), kind, make(random, life, snapshot, seed), snapshot.sent_at)


def _stage_transition(random: Random, life: Life, _: Snapshot, seed: int) -> dict[str, Any]:
    number = random.randint(1, len(_STAGES) - 1)
    previous, stage = _STAGES[number - 1 : number + 1]
    return {
        "stage_id": new_uuid(seeded_random(seed, "stage", stage)),
        "stage_name": stage,
        "previous_stage_id": new_uuid(seeded_random(seed, "stage", previous)),
        "previous_stage_name": previous,
        "site_id": life.site.site_id,
        "site_owned_by_organization": life.site.organization_id,
    }


def _archived(_: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    return {"site_id": life.site.site_id, "archived": True, "date_archived": format_time(snapshot.sent_at)}


def _qualification(random: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    outcome = random.choice(("PASS", "FAIL", "PENDING"))
    return {
        "qualification_id": new_uuid(random),
        "site": life.site.site_id,
        "outcome": outcome,
        "date": format_time(snapshot.sent_at),
    }


def _invoice(random: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    lines = [{"label": "Milestone payment", "amount": round(random.uniform(100, 9_000), 2)}]
    due = format_time(snapshot.sent_at)
    return {"invoice_id": new_uuid(random), "site": life.site.site_id, "lines": lines, "due": due}


_UNKNOWN: tuple[Callable[[Random, Life, Snapshot, int], dict[str, Any]], ...] = (_archived, _qualification, _invoice)

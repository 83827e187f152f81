"""Webhooks of kinds that are not loaded: stage transitions, whose keys are public, and others, whose keys are ours."""

from collections.abc import Callable
from random import Random
from typing import Any

from sighten_simulator.webhooks.body import BodyKind, Sent
from sighten_simulator.world.chance import chance, new_uuid, written
from sighten_simulator.world.lives import Life, Snapshot

_STAGES = ("Lead", "Proposal", "Contract", "Construction", "Operation")


def other_bodies(life: Life, *, seed: int, share: float) -> list[Sent]:
    """For that share of the life's snapshots one body more, of some other kind."""
    random = chance(seed, "other bodies", life.milestone_id)
    chosen = [snapshot for snapshot in life.snapshots if random.random() < share]
    return [_other(random, life, snapshot, seed=seed) for snapshot in chosen]


def _other(random: Random, life: Life, snapshot: Snapshot, *, seed: int) -> Sent:
    kind: BodyKind = random.choice(("stage_transition", "unknown"))
    make = _stage_transition if kind == "stage_transition" else random.choice(_UNKNOWN)
    return Sent(life.milestone_id, new_uuid(random), kind, make(random, life, snapshot, seed), snapshot.sent_at)


def _stage_transition(random: Random, life: Life, _: Snapshot, seed: int) -> dict[str, Any]:
    number = random.randint(1, len(_STAGES) - 1)
    previous, stage = _STAGES[number - 1 : number + 1]
    return {
        "stage_id": new_uuid(chance(seed, "stage", stage)),
        "stage_name": stage,
        "previous_stage_id": new_uuid(chance(seed, "stage", previous)),
        "previous_stage_name": previous,
        "site_id": life.site.site_id,
        "site_owned_by_organization": life.site.organization_id,
    }


def _archived(_: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    return {"site_id": life.site.site_id, "archived": True, "date_archived": written(snapshot.sent_at)}


def _qualification(random: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    outcome = random.choice(("PASS", "FAIL", "PENDING"))
    return {
        "qualification_id": new_uuid(random),
        "site": life.site.site_id,
        "outcome": outcome,
        "date": written(snapshot.sent_at),
    }


def _invoice(random: Random, life: Life, snapshot: Snapshot, __: int) -> dict[str, Any]:
    lines = [{"label": "Milestone payment", "amount": round(random.uniform(100, 9_000), 2)}]
    return {"invoice_id": new_uuid(random), "site": life.site.site_id, "lines": lines, "due": written(snapshot.sent_at)}


_UNKNOWN: tuple[Callable[[Random, Life, Snapshot, int], dict[str, Any]], ...] = (_archived, _qualification, _invoice)

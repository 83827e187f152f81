"""The simulated lives: a seed always gives the same ones, and every payload could be the vendor's."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sighten_simulator.world import codes
from sighten_simulator.world.lives import Life, Simulation, Snapshot, build_simulation
from sighten_simulator.world.sample import sample_payload

MILESTONES = 120


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(7, MILESTONES)


def _snapshots(simulation: Simulation) -> Iterator[tuple[Life, Snapshot]]:
    for life in simulation.lives:
        for snapshot in life.snapshots:
            yield life, snapshot


def _shape(value: Any) -> dict[str, set[str]]:
    """The keys of every kind of entity in a payload, by its path."""
    shape: dict[str, set[str]] = {}

    def visit(path: str, value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                shape.setdefault(path, set()).update(item)
                for key, inner in item.items():
                    visit(f"{path}.{key}", inner)

    visit("milestone", value)
    return shape


def _documents(snapshot: Snapshot) -> set[str]:
    data = [sub_task["data"] for task in snapshot.payload["tasks"] for sub_task in task["sub_tasks"]]
    return {document["uuid"] for files in data if isinstance(files, dict) for document in files["documents"]}


def _times(value: Any) -> Iterator[datetime]:
    if isinstance(value, dict):
        for key, item in value.items():
            if item is not None and (key in ("timestamp", "last_updated") or key.startswith("date_")):
                yield datetime.fromisoformat(item)
            yield from _times(item)
    elif isinstance(value, list):
        for item in value:
            yield from _times(item)


def test_the_same_seed_gives_the_same_bytes(simulation: Simulation) -> None:
    again = build_simulation(7, MILESTONES)

    assert json.dumps([s.payload for _, s in _snapshots(simulation)]) == json.dumps(
        [s.payload for _, s in _snapshots(again)]
    )
    assert simulation == again


def test_another_seed_gives_other_lives(simulation: Simulation) -> None:
    other = build_simulation(8, MILESTONES)

    assert not {life.milestone_id for life in simulation.lives} & {life.milestone_id for life in other.lives}


def test_fewer_milestones_are_the_first_of_more(simulation: Simulation) -> None:
    fewer = build_simulation(7, 10)

    assert simulation.lives[:10] == fewer.lives


def test_older_payloads_have_exactly_the_keys_of_the_vendors_sample(simulation: Simulation) -> None:
    expected = _shape(sample_payload())

    for life, snapshot in _snapshots(simulation):
        if not life.newer_keys:
            shape = _shape(snapshot.payload)
            assert shape == {path: expected[path] for path in shape}
            assert list(snapshot.payload["comments"][0]) == list(sample_payload()["comments"][0])


def test_older_payloads_write_none_as_text_and_newer_ones_as_null(simulation: Simulation) -> None:
    for life, snapshot in _snapshots(simulation):
        threads = {comment["thread"] for comment in snapshot.payload["comments"]}

        assert {None if life.newer_keys else "None"} == threads


def test_newer_payloads_have_the_keys_of_2021(simulation: Simulation) -> None:
    shape: dict[str, set[str]] = {}
    for life, snapshot in _snapshots(simulation):
        if life.newer_keys:
            for path, keys in _shape(snapshot.payload).items():
                shape.setdefault(path, set()).update(keys)

    assert {"comment_type", "commenter_id", "last_updated", "private"} <= shape["milestone.comments"]
    assert "stale" in shape["milestone.tasks.sub_tasks.data.documents"]
    assert {"resource_id", "date_voided", "task_action_alias"} <= shape["milestone.tasks.sub_tasks.data.envelopes"]
    assert {"order", "signer_type", "date_declined"} <= shape["milestone.tasks.sub_tasks.signers"]


def test_counters_agree_with_the_tasks(simulation: Simulation) -> None:
    for _, snapshot in _snapshots(simulation):
        payload = snapshot.payload
        statuses = [task["status"] for task in payload["tasks"]]

        assert len(statuses) == payload["task_count"]
        for counter, status in codes.TASK_COUNTERS.items():
            assert statuses.count(status) == payload[counter]
        assert len(statuses) == sum(payload[counter] for counter in codes.TASK_COUNTERS)
        is_open = "INPROG" in statuses or "REJECTED" in statuses
        assert payload["ready_to_submit"] is not is_open


def test_date_updated_is_up_to_a_second_before_the_newest_comment_and_nothing_is_newer(simulation: Simulation) -> None:
    for _, snapshot in _snapshots(simulation):
        newest = max(datetime.fromisoformat(comment["timestamp"]) for comment in snapshot.payload["comments"])
        updated = datetime.fromisoformat(snapshot.payload["date_updated"])

        assert timedelta(0) < newest - updated < timedelta(seconds=1)
        assert newest == max(_times(snapshot.payload))
        assert newest == snapshot.event.at
        assert newest < snapshot.sent_at


def test_comments_are_oldest_first_in_older_payloads_and_newest_first_in_newer_ones(simulation: Simulation) -> None:
    for life, snapshot in _snapshots(simulation):
        times = [datetime.fromisoformat(comment["timestamp"]) for comment in snapshot.payload["comments"]]

        assert sorted(times, reverse=life.newer_keys) == times


def test_the_action_log_has_every_event_in_the_vendors_words(simulation: Simulation) -> None:
    for life in simulation.lives:
        name = life.final["name"]
        texts = {comment["comment"] for comment in life.final["comments"]}

        for event in life.events:
            if event.kind == "submitted":
                assert f"{event.actor} submitted milestone {name} for approval." in texts
            elif event.kind == "approved":
                assert f"{event.actor} approved milestone {name}." in texts


def test_a_later_snapshot_keeps_every_comment_of_an_earlier_one(simulation: Simulation) -> None:
    for life in simulation.lives:
        comments = [{comment["uuid"] for comment in snapshot.payload["comments"]} for snapshot in life.snapshots]

        assert all(earlier < later for earlier, later in pairwise(comments))


def test_lives_end_approved_open_or_rejected_and_some_submits_are_cancelled(simulation: Simulation) -> None:
    endings = {life.final["status"] for life in simulation.lives}
    kinds = {event.kind for life in simulation.lives for event in life.events}

    assert {"APPROVED", "SUBMITTED", "REJECTED"} <= endings
    assert {"submitted", "cancelled", "rejected", "approved"} == kinds
    for life in simulation.lives:
        sent = [event for event in life.events if event.kind != "cancelled"]
        assert sent == [snapshot.event for snapshot in life.snapshots]
        assert sent


def test_an_approved_milestone_has_only_approved_tasks(simulation: Simulation) -> None:
    approved = [life for life in simulation.lives if life.final["status"] == "APPROVED"]

    assert {"APPROVED"} == {task["status"] for life in approved for task in life.final["tasks"]}


def test_a_replaced_document_is_gone_from_later_older_payloads_and_stale_in_newer_ones(simulation: Simulation) -> None:
    gone = [life for life in simulation.lives if _documents(life.snapshots[0]) - _documents(life.snapshots[-1])]
    stale = [life for life in simulation.lives if '"stale": true' in json.dumps(life.final)]

    assert gone
    assert stale
    assert not any(life.newer_keys for life in gone)
    assert all(life.newer_keys for life in stale)


def test_the_quote_of_a_payload_stays_the_original_after_a_re_sign(simulation: Simulation) -> None:
    resigned = [life for life in simulation.lives if life.site.signed_quote_id not in (None, life.site.quote_id)]

    assert resigned
    assert {life.site.quote_id for life in resigned} == {life.final["quote"] for life in resigned}


def test_everything_happens_within_eighteen_months(simulation: Simulation) -> None:
    times = [time for _, snapshot in _snapshots(simulation) for time in _times(snapshot.payload)]

    assert datetime.fromisoformat("2025-01-01T00:00Z") <= min(times)
    assert max(times) < datetime.fromisoformat("2026-07-01T00:00Z")


def test_a_name_holds_the_words_of_the_action_log(simulation: Simulation) -> None:
    assert any("approved milestone" in life.final["name"] for life in simulation.lives)

"""The DAGs that load and publish, run by Airflow's `dag.test()` on real landing files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from airflow.models.asset import AssetEvent, AssetModel
from airflow.utils.session import create_session
from sqlalchemy import select

from sighten_warehouse import load, publish
from sighten_warehouse.backup.record import backups
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.airflow
Land = Callable[..., str]
Run = Callable[[str], dict[str, list[str]]]
REPORT_TASKS = ("check_balance", "write_report", "export_parquet")
FIVE_MEGABYTES = b"x" * 5_000_000  # enough for a batch of its own


def events(asset: str) -> list[AssetEvent]:
    query = select(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id).where(AssetModel.name == asset)
    with create_session() as session:
        return list(session.scalars(query.order_by(AssetEvent.id)))


def count_events(asset: str) -> int:
    return len(events(asset))


def last_event(asset: str) -> AssetEvent:
    return events(asset)[-1]


def test_what_fits_into_one_batch_is_loaded_by_one_task_and_announced(run: Run, settings: Settings, land: Land) -> None:
    land()
    events_before = count_events("sighten_history")

    states = run("sighten_load_milestones")

    skipped = {task: ["skipped"] for task in ("plan_batches", "flatten", "commit")}
    assert {"run": ["success"], "load_one_batch": ["success"], **skipped} == states
    assert [] == load.pending(settings)
    assert events_before + 1 == count_events("sighten_history")


def test_each_batch_is_flattened_by_its_own_task(run: Run, settings: Settings, land: Land) -> None:
    land(FIVE_MEGABYTES)
    land(FIVE_MEGABYTES)
    events_before = count_events("sighten_history")

    states = run("sighten_load_milestones")

    assert (["skipped"], ["success"]) == (states["load_one_batch"], states["commit"])
    assert ["success", "success"] == states["flatten"]
    assert events_before + 1 == count_events("sighten_history")
    assert [] == load.pending(settings)


def test_nothing_pending_skips_the_rest_and_announces_nothing(run: Run, settings: Settings) -> None:
    events_before = count_events("sighten_history")

    states = run("sighten_load_milestones")

    skipped = {task: ["skipped"] for task in ("load_one_batch", "flatten", "commit")}
    assert {"run": ["success"], "plan_batches": ["success"], **skipped} == states
    assert events_before == count_events("sighten_history")
    assert not settings.layout.commits.exists()


def test_a_commit_is_published_and_announced_once(run: Run, settings: Settings, land: Land) -> None:
    land()
    load.load(settings)
    events_before = count_events("sighten_warehouse")

    first, second = run("sighten_publish_warehouse"), run("sighten_publish_warehouse")

    [version] = versions(settings.layout)
    assert {"run": ["success"], "publish": ["success"]} == first
    assert {"run": ["success"], "publish": ["skipped"]} == second
    assert events_before + 1 == count_events("sighten_warehouse")
    assert {"version": version.version, "rows": version.tables} == last_event("sighten_warehouse").extra
    assert 1 == version.tables["main.milestones"]
    with duckdb.connect(str(settings.layout.warehouse_file), read_only=True) as warehouse:
        assert [("7a605ec8-d276-4d6c-bd47-52a483e28783",)] == warehouse.sql(
            "select milestone_id from milestones"
        ).fetchall()


def test_a_version_is_checked_reported_and_exported(run: Run, settings: Settings, land: Land) -> None:
    land()
    load.load(settings)
    publish.publish(settings)

    states = run("sighten_report_warehouse")

    assert {"run": ["success"], **{task: ["success"] for task in REPORT_TASKS}} == states
    assert b"Milestones report" in settings.layout.report_file.read_bytes()
    exported = f"from '{settings.layout.parquet}/milestones/*.parquet'"
    assert [(1,)] == duckdb.sql(f"select count(*) {exported}").fetchall()


def test_a_published_delivery_missing_from_landing_fails_the_run(run: Run, settings: Settings, land: Land) -> None:
    name = land()
    load.load(settings)
    publish.publish(settings)
    (settings.layout.landing / name).unlink()

    states = run("sighten_report_warehouse")

    assert {"run": ["failed"], **{task: ["success"] for task in REPORT_TASKS}, "check_balance": ["failed"]} == states


def test_nothing_waits_for_the_report(dags: dict[str, Any]) -> None:
    assert ["publish"] == dags["sighten_publish_warehouse"].task_ids
    assert [set()] * 3 == [dags["sighten_report_warehouse"].get_task(task).upstream_task_ids for task in REPORT_TASKS]


def test_a_version_is_made_anew_and_equals_the_updates_before(run: Run, settings: Settings, land: Land) -> None:
    land()
    load.load(settings)

    states = run("sighten_prove_warehouse")

    assert {"run": ["success"], "prove": ["success"], "compare": ["success"]} == states
    assert () == versions(settings.layout)[-1].differing


def test_a_difference_between_updates_and_all_history_fails_the_run(
    run: Run, settings: Settings, land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    land()
    load.load(settings)
    monkeypatch.setattr("sighten_warehouse.publish.step.differing_tables", lambda *_, **__: ("main.tasks",))

    states = run("sighten_prove_warehouse")

    version = versions(settings.layout)[-1]
    assert {"run": ["failed"], "prove": ["success"], "compare": ["failed"]} == states
    assert ("main.tasks",) == version.differing
    assert {"version": version.version, "rows": version.tables} == last_event("sighten_warehouse").extra


def test_small_loads_are_merged_and_announced_and_the_home_is_backed_up(
    run: Run, settings: Settings, land: Land, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTEN_BACKUP_TO", str(tmp_path / "backups"))
    for _ in range(2):
        land()
        load.load(settings)
    events_before = count_events("sighten_history")

    states = run("sighten_maintain_lake")

    ended = {"run": ["success"], "expire": ["success"], "compact": ["success"], "backup": ["success"]}
    assert ended == states
    assert 1 == len(backups(tmp_path / "backups"))
    assert 1 == len(list(settings.layout.commits.glob("*.json")))
    assert events_before + 1 == count_events("sighten_history")

"""Rules that every DAG follows, checked on the DAGs as Airflow reads them and on their source."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.airflow_environment import MIN_PARALLELISM
from sighten_airflow import pools
from sighten_airflow.dag_defaults import LIVE_PRIORITY, LONG_TIMEOUT, TIMEOUT, WATCH_TIMEOUT
from sighten_airflow.failures import OTHER, RECIPES, alert_failure, end_alert
from sighten_airflow.lineage import dataset_names, to_dataset
from sighten_airflow.pools import POOLS
from sighten_airflow.provider import get_provider_info
from support.documents import anchors
from support.repository import dag_files

REPOSITORY = Path(__file__).resolve().parents[2]
DAG_FILES = dag_files()
WRITER_POOL, API_POOL = pools.WRITER_POOL.name, pools.API_POOL.name
ALLOWED_IMPORTS = {"airflow.sdk", "airflow.providers.standard", "sighten_airflow", "sighten_warehouse"}
ALLOWED_STANDARD_LIBRARY = {"dataclasses", "datetime"}
WRITER_TASKS = {
    ("sighten_load_milestones", "load_one_batch"),
    ("sighten_load_milestones", "commit"),
    ("sighten_publish_warehouse", "publish"),
    ("sighten_prove_warehouse", "prove"),
    ("sighten_erase_subject", "erase"),
    ("sighten_maintain_lake", "expire"),
}
LIVE_API_TASKS = {("sighten_enrich_quotes", "enrich"), ("sighten_download_documents", "download")}
LONG_API_TASKS = {("sighten_backfill_milestones", "pull"), ("sighten_reconcile_milestones", "reconcile")}
MAX_STATEMENTS = 3

pytestmark = pytest.mark.airflow


def test_a_file_holds_one_dag_of_its_own_name(dags: dict[str, Any]) -> None:
    assert {f"sighten_{path.stem}": path.name for path in DAG_FILES} == {
        name: Path(dag.fileloc).name for name, dag in dags.items()
    }


def test_every_dag_says_what_it_does(dags: dict[str, Any]) -> None:
    assert {} == {name: dag.doc_md for name, dag in dags.items() if not (dag.doc_md or "").startswith("### ")}
    assert set() == {name for name, dag in dags.items() if dag.doc_md.splitlines()[0] != f"### {dag.description}"}


def test_airflow_offers_a_backfill_only_for_the_dag_with_days(dags: dict[str, Any]) -> None:
    offered = {name for name, dag in dags.items() if "backfill" in (dag.allowed_run_types or ["backfill"])}

    assert {"sighten_backfill_milestones"} == offered


def test_every_dag_has_its_tag_no_catchup_and_one_run_at_a_time(dags: dict[str, Any]) -> None:
    expected = {name: ({"sighten"}, False, 1) for name in dags}

    assert expected == {name: (set(dag.tags), dag.catchup, dag.max_active_runs) for name, dag in dags.items()}


def test_every_task_has_an_owner_two_retries_and_a_timeout(dags: dict[str, Any]) -> None:
    tasks = [task for dag in dags.values() for task in dag.tasks]

    assert {("sighten-warehouse", 2)} == {(task.owner, task.retries) for task in tasks}
    assert {TIMEOUT, LONG_TIMEOUT, WATCH_TIMEOUT} == {task.execution_timeout for task in tasks}


def test_the_failure_of_every_task_is_an_alert_and_its_success_or_skip_ends_that(dags: dict[str, Any]) -> None:
    tasks = [task for dag in dags.values() for task in dag.tasks]

    for task in tasks:
        for callbacks, expected in (
            (task.on_failure_callback, alert_failure),
            (task.on_success_callback, end_alert),
            (task.on_skipped_callback, end_alert),
        ):
            assert callbacks in (expected, [expected])  # a mapped task has no list


def test_every_recipe_of_a_failed_task_is_in_the_runbook(dags: dict[str, Any]) -> None:
    assert set(dags) >= set(RECIPES)
    assert set() == {OTHER, *RECIPES.values()} - anchors("docs/runbook.md")


def test_writing_tasks_share_the_only_slot_of_the_writer_pool(dags: dict[str, Any]) -> None:
    pooled = {(dag.dag_id, task.task_id) for dag in dags.values() for task in dag.tasks if task.pool == WRITER_POOL}

    assert pooled == WRITER_TASKS


def test_api_tasks_use_the_api_pool_and_live_ones_go_before_a_backfill(dags: dict[str, Any]) -> None:
    pooled = {
        (dag.dag_id, task.task_id): task.priority_weight
        for dag in dags.values()
        for task in dag.tasks
        if task.pool == API_POOL
    }

    assert dict.fromkeys(LIVE_API_TASKS, LIVE_PRIORITY) | dict.fromkeys(LONG_API_TASKS, 1) == pooled
    assert LIVE_PRIORITY > 1


def test_a_long_backfill_leaves_slots_of_the_api_pool_to_other_tasks(dags: dict[str, Any]) -> None:
    slots = {pool.name: pool.slots for pool in POOLS}
    at_once = {dag_id: dags[dag_id].get_task(task_id).max_active_tis_per_dag for dag_id, task_id in LONG_API_TASKS}

    assert 1 == at_once["sighten_backfill_milestones"]  # Airflow's backfills go past `max_active_runs`
    assert slots[API_POOL] > len(LONG_API_TASKS)


def test_the_pools_that_the_dags_name_are_those_that_are_created(dags: dict[str, Any]) -> None:
    named = {task.pool for dag in dags.values() for task in dag.tasks} - {"default_pool"}

    assert named == {pool.name for pool in POOLS}


def test_api_tasks_leave_a_worker_for_loading() -> None:
    slots = {pool.name: pool.slots for pool in POOLS}
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())

    assert 1 == slots[WRITER_POOL]
    assert slots[API_POOL] < MIN_PARALLELISM
    assert slots[API_POOL] < int(compose["x-airflow"]["environment"]["AIRFLOW__CORE__PARALLELISM"])


def test_assets_connect_landing_to_history_and_history_to_its_consumers(dags: dict[str, Any]) -> None:
    consumed = {name: [asset.name for asset in consumed_assets(dag)] for name, dag in dags.items()}
    without_assets = {name for name, assets in consumed.items() if not assets}
    produced = {
        (dag.dag_id, task.task_id, asset.name) for dag in dags.values() for task in dag.tasks for asset in task.outlets
    }

    assert {
        **{name: [] for name in without_assets},
        "sighten_load_milestones": ["sighten_landing"],
        "sighten_publish_warehouse": ["sighten_history"],
        "sighten_report_warehouse": ["sighten_warehouse"],
        "sighten_enrich_quotes": ["sighten_history"],
        "sighten_download_documents": ["sighten_history"],
    } == consumed
    assert {
        "sighten_backfill_milestones",
        "sighten_reconcile_milestones",
        "sighten_maintain_lake",
        "sighten_prove_warehouse",
        "sighten_watch_warehouse",
        "sighten_erase_subject",
        "sighten_mail_report",
    } == without_assets
    assert {
        ("sighten_load_milestones", "load_one_batch", "sighten_history"),
        ("sighten_load_milestones", "commit", "sighten_history"),
        ("sighten_maintain_lake", "compact", "sighten_history"),
        ("sighten_publish_warehouse", "publish", "sighten_warehouse"),
        ("sighten_prove_warehouse", "prove", "sighten_warehouse"),
        ("sighten_erase_subject", "erase", "sighten_warehouse"),
    } == produced


def test_every_asset_has_a_uri_of_its_environment(dags: dict[str, Any]) -> None:
    consumed = [asset for dag in dags.values() for asset in consumed_assets(dag)]
    produced = [asset for dag in dags.values() for task in dag.tasks for asset in task.outlets]

    assert {
        "sighten_landing": "sighten://production/landing",
        "sighten_history": "sighten://production/history",
        "sighten_warehouse": "sighten://production/warehouse",
    } == {asset.name: asset.uri for asset in [*consumed, *produced]}


def test_a_task_names_the_asset_that_it_reads_and_writes_for_lineage(dags: dict[str, Any]) -> None:
    read = {name: sorted({asset.name for task in dag.tasks for asset in task.inlets}) for name, dag in dags.items()}

    assert {name: assets for name, assets in read.items() if assets} == {
        "sighten_load_milestones": ["sighten_landing"],
        "sighten_publish_warehouse": ["sighten_history"],
        "sighten_prove_warehouse": ["sighten_history"],
        "sighten_maintain_lake": ["sighten_history"],
        "sighten_enrich_quotes": ["sighten_history"],
        "sighten_download_documents": ["sighten_history"],
        "sighten_report_warehouse": ["sighten_warehouse"],
        "sighten_mail_report": ["sighten_warehouse"],
    }


def test_an_asset_has_its_environment_as_the_namespace_of_openlineage() -> None:
    [uris] = get_provider_info()["asset-uris"]

    assert uris["to_openlineage_converter"] == f"{to_dataset.__module__}.{to_dataset.__name__}"
    assert {"namespace": "sighten://production", "name": "landing"} == dataset_names("sighten://production/landing")


def test_the_landing_is_watched_by_the_doorbell(dags: dict[str, Any]) -> None:
    (landing,) = consumed_assets(dags["sighten_load_milestones"])

    assert ["LandingDoorbell"] == [type(watcher.trigger).__name__ for watcher in landing.watchers]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_imports_only_airflow_sdk_and_our_packages(path: Path) -> None:
    foreign = [name for name in imported(parse(path)) if not is_allowed(name)]

    assert [] == foreign


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_only_declares_its_dag_at_import(path: Path) -> None:
    tree = parse(path)
    declares = [f"{node.name}()" for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    does = [
        ast.unparse(node)
        for node in tree.body[1:]
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)
    ]

    assert declares == does


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_task_has_one_to_three_statements_besides_imports(path: Path) -> None:
    too_long = {name: count for name, count in task_lengths(parse(path)) if not 1 <= count <= MAX_STATEMENTS}

    assert {} == too_long


def consumed_assets(dag: Any) -> list[Any]:
    condition = dag.timetable.asset_condition
    return list(condition.objects) if condition else []


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "."
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_allowed(name: str) -> bool:
    return name in ALLOWED_STANDARD_LIBRARY or any(
        name == root or name.startswith(f"{root}.") for root in ALLOWED_IMPORTS
    )


def task_lengths(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each task's name and its number of statements, nested ones included and imports excluded."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "task" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            statements = [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt) and inner is not node]
            yield node.name, sum(not isinstance(statement, ast.Import | ast.ImportFrom) for statement in statements)

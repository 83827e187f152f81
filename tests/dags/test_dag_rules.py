"""The rules of the house that every DAG keeps, read from the DAGs as Airflow sees them and from their source."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from devstack.airflow_environment import MIN_PARALLELISM
from devstack.pools import POOLS
from sighten_airflow.dag_defaults import API_POOL, LIVE_PRIORITY, WRITER_POOL

REPOSITORY = Path(__file__).resolve().parents[2]
DAG_FILES = sorted((REPOSITORY / "dags").glob("*.py"))
ALLOWED_IMPORTS = {"airflow.sdk", "airflow.providers.standard", "sighten_airflow", "sighten_warehouse"}
ALLOWED_STANDARD_LIBRARY = {"dataclasses", "datetime"}
ONE_WRITER = {("load_milestones", "commit"), ("publish_warehouse", "publish")}
ASK_THE_API = {("enrich_quotes", "enrich"), ("download_documents", "download")}
ASK_IT_FOR_LONG = {("backfill_milestones", "pull"), ("reconcile_milestones", "reconcile")}
MOST_STATEMENTS = 3

pytestmark = pytest.mark.airflow


def test_a_file_holds_one_dag_of_its_own_name(dags: dict[str, Any]) -> None:
    assert {path.stem for path in DAG_FILES} == set(dags)
    assert {path.stem: path.name for path in DAG_FILES} == {name: Path(dag.fileloc).name for name, dag in dags.items()}


def test_every_dag_says_what_it_does(dags: dict[str, Any]) -> None:
    assert {} == {name: dag.doc_md for name, dag in dags.items() if not (dag.doc_md or "").startswith("### ")}
    assert set() == {name for name, dag in dags.items() if dag.doc_md.splitlines()[0] != f"### {dag.description}"}


def test_airflow_offers_a_backfill_of_the_dag_alone_that_has_days(dags: dict[str, Any]) -> None:
    offered = {name for name, dag in dags.items() if "backfill" in (dag.allowed_run_types or ["backfill"])}

    assert {"backfill_milestones"} == offered


def test_every_dag_is_tagged_sweeps_and_runs_once_at_a_time(dags: dict[str, Any]) -> None:
    expected = {name: ({"sighten"}, False, 1) for name in dags}

    assert expected == {name: (set(dag.tags), dag.catchup, dag.max_active_runs) for name, dag in dags.items()}


def test_every_task_has_an_owner_and_two_retries(dags: dict[str, Any]) -> None:
    facts = {(task.owner, task.retries) for dag in dags.values() for task in dag.tasks}

    assert {("sighten-warehouse", 2)} == facts


def test_whoever_writes_waits_for_the_one_slot_of_the_writers_pool(dags: dict[str, Any]) -> None:
    pooled = {(dag.dag_id, task.task_id) for dag in dags.values() for task in dag.tasks if task.pool == WRITER_POOL}

    assert pooled == ONE_WRITER


def test_whoever_asks_the_api_waits_for_a_slot_of_its_pool_and_comes_before_a_backfill(dags: dict[str, Any]) -> None:
    pooled = {
        (dag.dag_id, task.task_id): task.priority_weight
        for dag in dags.values()
        for task in dag.tasks
        if task.pool == API_POOL
    }

    assert dict.fromkeys(ASK_THE_API, LIVE_PRIORITY) | dict.fromkeys(ASK_IT_FOR_LONG, 1) == pooled
    assert LIVE_PRIORITY > 1


def test_a_backfill_however_many_days_it_has_leaves_slots_of_the_pool_to_others(dags: dict[str, Any]) -> None:
    slots = {pool.name: pool.slots for pool in POOLS}
    at_once = {dag_id: dags[dag_id].get_task(task_id).max_active_tis_per_dag for dag_id, task_id in ASK_IT_FOR_LONG}

    assert 1 == at_once["backfill_milestones"]  # Airflow's backfills go past `max_active_runs`
    assert slots[API_POOL] > len(ASK_IT_FOR_LONG)


def test_the_pools_that_the_dags_name_are_made_by_make_run_and_by_compose(dags: dict[str, Any]) -> None:
    compose = (REPOSITORY / "docker-compose.yml").read_text()
    named = {task.pool for dag in dags.values() for task in dag.tasks} - {"default_pool"}

    assert named == {pool.name for pool in POOLS}
    for pool in POOLS:
        assert f'airflow pools set {pool.name} {pool.slots} "{pool.description}"' in compose


def test_asking_the_api_leaves_room_for_loading() -> None:
    slots = {pool.name: pool.slots for pool in POOLS}
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())

    assert 1 == slots[WRITER_POOL]
    assert slots[API_POOL] < MIN_PARALLELISM
    assert slots[API_POOL] < int(compose["x-airflow"]["environment"]["AIRFLOW__CORE__PARALLELISM"])


def test_the_assets_tie_landing_to_history_and_history_to_whatever_follows_from_it(dags: dict[str, Any]) -> None:
    listens = {name: [asset.name for asset in listened_to(dag)] for name, dag in dags.items()}
    on_their_own = {name for name, assets in listens.items() if not assets}
    announces = {
        (dag.dag_id, task.task_id, asset.name) for dag in dags.values() for task in dag.tasks for asset in task.outlets
    }

    assert {
        **{name: [] for name in on_their_own},
        "load_milestones": ["landing"],
        "publish_warehouse": ["history"],
        "enrich_quotes": ["history"],
        "download_documents": ["history"],
    } == listens
    assert {"backfill_milestones", "reconcile_milestones"} == on_their_own
    assert {("load_milestones", "commit", "history")} == announces


def test_the_landing_is_watched_by_the_doorbell(dags: dict[str, Any]) -> None:
    (landing,) = listened_to(dags["load_milestones"])

    assert ["LandingDoorbell"] == [type(watcher.trigger).__name__ for watcher in landing.watchers]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_imports_airflow_sdk_and_our_own_only(path: Path) -> None:
    foreign = [name for name in imported(parse(path)) if not is_allowed(name)]

    assert [] == foreign


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_dag_file_does_nothing_at_import_but_declare_its_dag(path: Path) -> None:
    tree = parse(path)
    declares = [f"{node.name}()" for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    does = [
        ast.unparse(node)
        for node in tree.body[1:]
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)
    ]

    assert declares == does


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_a_task_has_one_to_three_lines_beside_its_imports(path: Path) -> None:
    too_long = {name: count for name, count in task_lengths(parse(path)) if not 1 <= count <= MOST_STATEMENTS}

    assert {} == too_long


def listened_to(dag: Any) -> list[Any]:
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
    """Each task's name and how many statements it has; the condition of an `if` counts as one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(one) for one in node.decorator_list):
            statements = [one for one in ast.walk(node) if isinstance(one, ast.stmt) and one is not node]
            yield node.name, sum(not isinstance(one, ast.Import | ast.ImportFrom) for one in statements)

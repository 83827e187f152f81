"""dbt itself, on the package that `export dbt` writes and the example project that builds on it."""

import json
import os
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.cli.main import commands
from sighten_warehouse.dbt.package import NAME
from sighten_warehouse.dictionary.cookbook import Recipe, recipes
from sighten_warehouse.models import models
from support.repository import ROOT
from support.shown_world import HOSTILE, hostile_milestone
from support.warehouses import Warehouse
from support.worlds import a_world, in_some_dialect

pytestmark = pytest.mark.dbt

DBT = ROOT / ".venv/dbt/bin/dbt"
BY_A_MACRO = "19_status_at_a_time"  # of the published file, which dbt cannot call


class Project:
    """A copy of the example project, with the package, on a home of simulated lives and of broken worlds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.warehouse = Warehouse(folder / "home")
        self.warehouse.clock = datetime.now(UTC) - timedelta(hours=2)  # dbt compares it with its own clock
        chance = random.Random(3)
        plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 100), PlanOptions(tasks=True))]
        worlds = [delivery for number in range(60) for delivery in a_world(chance, f"dbt {number}")]
        chance.shuffle(worlds)
        odd = [in_some_dialect(chance, delivery) for delivery in worlds]
        self.warehouse.deliver(*(delivery.body for delivery in plan), hostile_milestone(), *odd)
        unkept = shutil.ignore_patterns(*(ROOT / "examples/dbt/.gitignore").read_text().replace("/", "").split())
        shutil.copytree(ROOT / "examples/dbt", self.folder, ignore=unkept)
        package = self.folder / NAME
        assert 0 == CliRunner().invoke(commands, ["export", "dbt", str(package)]).exit_code
        cookbook = self.folder / "models/cookbook"
        cookbook.mkdir()
        for analysis in (package / "analyses").glob("*.sql"):
            shutil.copyfile(analysis, cookbook / f"asked_{analysis.name}")

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"WAREHOUSE_FILE": str(self.warehouse.settings.layout.warehouse_file)}
        ran = subprocess.run(
            [DBT, "--no-use-colors", "--warn-error", *arguments],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=280,
        )  # fmt: skip
        assert 0 == ran.returncode, ran.stdout[-4000:]
        return ran

    def built(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "analytics.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def result(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "target" / f"{name}.json").read_bytes())
        return content


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    built = Project(tmp_path_factory.mktemp("dbt"))
    built.dbt("deps")
    built.dbt("build")
    return built


def test_every_key_and_relation_that_is_tested_holds(project: Project) -> None:
    results = project.result("run_results")["results"]
    tests = [result["unique_id"] for result in results if result["unique_id"].startswith("test.")]

    assert {"pass", "success"} == {result["status"] for result in results}
    assert 80 < len([test for test in tests if test.startswith(f"test.{NAME}.")])
    assert any("relationships_sighten_documents_sub_task_id" in test for test in tests)
    assert any("unique_together" in test for test in tests)


def test_columns_that_are_no_key_fail(project: Project) -> None:
    sources = project.folder / NAME / "models/sources.yml"
    right = sources.read_text()
    key = "          columns:\n          - task_id\n          - valid_from_at\n"
    assert 1 == right.count(key)
    sources.write_text(right.replace(key, "          columns: [milestone_id]\n"))

    with pytest.raises(AssertionError, match=r"(?s)unique_together_sighten_history_task_intervals.*Got \d+ result"):
        project.dbt("test", "--select", f"source:{NAME}.sighten_history.task_intervals")

    sources.write_text(right)


@pytest.mark.parametrize("recipe", [each for each in recipes() if each.name != BY_A_MACRO], ids=lambda each: each.name)
def test_dbt_answers_a_question_of_the_cookbook_as_sql_does(project: Project, recipe: Recipe) -> None:
    found = project.built(f'from "asked_{recipe.name}"')

    assert sorted(map(repr, project.warehouse.rows(recipe.sql))) == sorted(map(repr, found))


def test_the_example_builds_on_the_marts(project: Project) -> None:
    by_month = project.built("select sum(milestones), sum(approved) from approvals_by_month")
    overdue = project.built("select milestone_id, name, assigned_to_email from overdue_milestones")

    counts = "count(*), count(*) filter (where state = 'approved')"
    expected = project.warehouse.rows(f"select {counts} from marts.approval_cycles where submitted_at is not null")
    assert expected == by_month
    assert {row[0] for row in overdue} <= set(project.warehouse.column("select milestone_id from marts.pending_ageing"))
    assert overdue
    assert not any(HOSTILE in repr(row) or "@" in repr(row) for row in overdue)


def test_the_docs_show_our_descriptions(project: Project) -> None:
    project.dbt("docs", "generate")

    sources = project.result("manifest")["sources"]
    found = sources[f"source.{NAME}.sighten_marts.approval_cycles"]
    described = models()["marts.approval_cycles"]
    assert described.description == found["description"]
    assert {column.name: column.description for column in described.columns} == {
        name: column["description"] for name, column in found["columns"].items()
    }
    held = project.result("catalog")["sources"]
    assert sources.keys() == held.keys()
    assert [] == [
        f"{name}.{column}"
        for name, source in sources.items()
        for column in source["columns"].keys() - held[name]["columns"].keys()
    ]


def test_freshness_is_that_of_the_newest_delivery(project: Project) -> None:
    project.dbt("source", "freshness")

    checked = {
        result["unique_id"].removeprefix(f"source.{NAME}."): result for result in project.result("sources")["results"]
    }
    assert {"sighten.milestones": "pass", "sighten_ops.deliveries": "pass"} == {
        name: result["status"] for name, result in checked.items()
    }
    newest = project.warehouse.value("select max(received_at) from ops.deliveries").replace(tzinfo=UTC)
    assert newest == datetime.fromisoformat(checked["sighten_ops.deliveries"]["max_loaded_at"])

"""The dashboard in Superset itself: it imports, each chart shows what SQL gives, and SQL Lab answers the cookbook."""

import datetime as dt
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sighten_warehouse.bi.charts import Chart, charts
from sighten_warehouse.bi.metabase import metabase_files
from sighten_warehouse.bi.superset import datasets
from sighten_warehouse.bi.superset_dashboard import TITLE
from sighten_warehouse.cli.main import commands
from sighten_warehouse.dictionary.cookbook import Recipe, recipes
from sighten_warehouse.models import models
from sighten_warehouse.settings import Settings
from support.shown_world import make_world, put_version
from support.superset import Superset

pytestmark = [pytest.mark.bi, pytest.mark.timeout(1200)]

Rows = tuple[list[str], list[list[Any]]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_world(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def superset(home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Superset after the import of what our command wrote."""
    folder = tmp_path_factory.mktemp("superset")
    bundle = folder / "sighten.zip"
    written = CliRunner().invoke(
        commands, ["export", "superset", str(bundle)], env={"SIGHTEN_HOME": str(home.home), "SIGHTEN_ENV": ""}
    )
    assert 0 == written.exit_code, written.output
    superset = Superset(folder)
    superset.prepare()
    superset.run("import-dashboards", "-p", str(bundle), "-u", "admin")
    with superset.serving():
        yield superset


@pytest.fixture(scope="module")
def shown(superset: Superset) -> dict[str, dict[str, Any]]:
    """The charts of the dashboard by title."""
    return {
        chart["slice_name"]: chart for chart in superset.ask("GET", "dashboard/sighten-milestones/charts")["result"]
    }


def by_sql(settings: Settings, sql: str) -> Rows:
    with duckdb.connect(str(settings.layout.warehouse_file), read_only=True) as connection:
        result = connection.execute(sql)
        return [column[0] for column in result.description], [[*map(plain, row)] for row in result.fetchall()]


def plain(value: Any) -> Any:
    """A value of DuckDB as Superset's JSON has it: times as milliseconds, intervals as texts."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=dt.UTC).timestamp() * 1000
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), dt.UTC).timestamp() * 1000
    return value


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-3)
    return bool(one == other)


def test_the_dashboard_has_every_chart_on_datasets_with_our_descriptions(
    superset: Superset, shown: dict[str, dict[str, Any]]
) -> None:
    listed = superset.ask("GET", "dataset/?q=(page_size:100)")["result"]
    described = {}
    for dataset in listed:
        full = superset.ask("GET", f"dataset/{dataset['id']}")["result"]
        columns = {column["column_name"]: column["description"] for column in full["columns"]}
        described[full["table_name"]] = (full["description"], columns)

    assert {chart.title for chart in charts()} == shown.keys()
    assert TITLE == superset.ask("GET", "dashboard/sighten-milestones")["result"]["dashboard_title"]
    assert {model.name for model in datasets()} == described.keys()
    cycles = models()["marts.approval_cycles"]
    description, columns = described["approval_cycles"]
    assert cycles.description == description
    assert {column.name: column.description for column in cycles.columns} == {
        name: text.removesuffix(" Masked.") for name, text in columns.items()
    }


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.id)
def test_a_chart_shows_what_sql_gives(
    superset: Superset, shown: dict[str, dict[str, Any]], home: Settings, chart: Chart
) -> None:
    data = superset.chart_data(shown[chart.title])
    names, rows = by_sql(home, chart.sql)

    found = [[row[name] for name in names] for row in data["data"]]
    assert names == data["colnames"]
    assert len(rows) == len(found)
    assert [] == [
        pair for row, other in zip(rows, found, strict=True) for pair in zip(row, other, strict=True) if not same(*pair)
    ]


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_sql_lab_answers_the_cookbook_as_sql_does(superset: Superset, home: Settings, recipe: Recipe) -> None:
    [database] = superset.ask("GET", "database/")["result"]
    answer = superset.sql_lab(database["id"], recipe.sql)
    with duckdb.connect(str(home.layout.warehouse_file), read_only=True) as connection:
        # As texts: SQL Lab writes times its own way.
        result = connection.execute(recipe.sql)
        names, rows = [column[0] for column in result.description], result.fetchall()

    assert names == [column["column_name"] for column in answer["columns"]]
    # SQL Lab puts its own limit in the place of the query's last one.
    found = [[row[name] for name in names] for row in answer["data"][: len(rows)]]
    assert [[*map(as_text, row)] for row in rows] == [[*map(as_text, row)] for row in found]


def as_text(value: Any) -> str:
    """The value as SQL Lab writes it, with fewer digits: a share of nothing is nothing."""
    if isinstance(value, float) and math.isnan(value):
        return str(None)
    if isinstance(value, dt.timedelta):
        return f"{value.days} days {str(value - dt.timedelta(value.days)).zfill(len('00:00:00.000000'))}"
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:.6g}"
    return str(value)


def test_it_shows_the_next_version_once_that_is_published(
    superset: Superset, shown: dict[str, dict[str, Any]], home: Settings, tmp_path: Path
) -> None:
    [before] = superset.chart_data(shown["Submitted"])["data"]
    kept = replace(home, home=tmp_path)
    put_version(kept, home)
    put_version(home, replace(home, env="test"))
    [after] = superset.chart_data(shown["Submitted"])["data"]
    put_version(home, kept)

    assert ({"Submitted": 93}, {"Submitted": 1}) == (before, after)


def test_metabases_own_schemas_accept_the_files(tmp_path: Path) -> None:
    for name, text in metabase_files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    command = ["npx", "--yes", "@metabase/representations@1.2.0", "validate-schema", "--folder", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert (0, True) == (done.returncode, f"{len(metabase_files()) - 1} passed, 0 failed" in done.stdout), done.stdout

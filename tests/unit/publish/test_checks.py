"""Checks run on every version: a failure blocks it, a warning is stored and shown."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import CheckError, ModelError
from sighten_warehouse.models import Model, models, sql_folder
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish import build
from sighten_warehouse.publish.checks import Check, checks, read_check
from support.factories import SAMPLE_BYTES, a_milestone, a_task
from support.older_history import write_as_older_code
from support.warehouses import Warehouse

WRITTEN = [check for check in checks() if check.select.startswith("--")]
HEADER = re.compile(
    r"-- [A-Z].*\.\n-- severity: (fail|warn)\n-- inputs: .+\n(?:-- [A-Z].*\n(?:-- .+\n)*)?(?=with |select)"
)
every_check = pytest.mark.parametrize("check", WRITTEN, ids=[check.name for check in WRITTEN])


def tables(node: Any) -> set[str]:
    """The tables that a parsed statement refers to, without its own CTEs."""
    if isinstance(node, list):
        return set().union(*map(tables, node))
    if not isinstance(node, dict):
        return set()
    own = (
        {f"{node['schema_name']}.{node['table_name']}"} if node.get("schema_name") and node.get("table_name") else set()
    )
    return own.union(*map(tables, node.values()))


def rewrite(warehouse: Warehouse, table: str, change: Any) -> None:
    """Load, and change a history file as if the loader had written it so."""
    [batch] = warehouse.load().batches
    write_as_older_code(warehouse, batch, table, change)


def test_every_file_is_a_check() -> None:
    assert {path.stem for path in (sql_folder() / "checks").iterdir()} == {check.name for check in WRITTEN}


@every_check
def test_the_header_of_a_check_lists_its_inputs(check: Check) -> None:
    parsed = json.loads(duckdb.execute("select json_serialize_sql(?)", [check.select]).fetchall()[0][0])

    assert HEADER.match(check.select)
    assert set(check.inputs) == tables(parsed["statements"])
    assert [] == [name for name in check.inputs if name not in models()]


def test_every_table_has_a_check_of_its_grain() -> None:
    tables_with_grain = {
        f"grain_of_{model.schema}_{model.name}"
        for model in models().values()
        if model.grain and model.columns and not model.is_view
    }

    assert {check.name for check in checks()} - {check.name for check in WRITTEN} == tables_with_grain
    assert {"grain_of_main_tasks", "grain_of_history_tasks", "grain_of_ops_deliveries"} <= tables_with_grain


def test_a_version_that_lacks_a_landed_delivery_is_not_published_and_the_previous_one_stays(
    warehouse: Warehouse,
) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    [lost, *_] = warehouse.land(a_milestone("lost"), a_milestone("kept"))
    rewrite(warehouse, "snapshots", lambda rows: rows.filter(pa.compute.not_equal(rows["landing_id"], lost)))

    with pytest.raises(CheckError) as refused:
        warehouse.publish()

    assert f"loaded_deliveries_have_a_snapshot found 1, such as {lost}; expected: Every delivery" in str(refused.value)
    assert 1 == warehouse.value("select count(*) from milestones")
    assert 1 == len(list(warehouse.settings.layout.versions.glob("*.duckdb")))
    assert 2 == read_status(warehouse.settings).unpublished


def test_new_rows_of_history_are_checked(warehouse: Warehouse) -> None:
    warehouse.land(a_milestone(exact=1))
    rewrite(warehouse, "drift", lambda rows: pa.concat_tables([rows, rows]))

    with pytest.raises(CheckError, match=r"grain_of_history_drift found \d"):
        warehouse.publish()


def test_warnings_do_not_block_a_version_and_are_stored_and_shown(warehouse: Warehouse) -> None:
    [odd, _] = warehouse.deliver({"what": "is this"}, a_milestone(tasks=[a_task("a")], approved_task_count=1))

    assert [("counters_agree_with_tasks", 1), ("kinds_are_known", 1)] == warehouse.rows(
        "select check_name, findings from ops.checks where severity = 'warn' and findings > 0 order by check_name"
    )
    assert odd == warehouse.value("select examples from ops.checks where check_name = 'kinds_are_known'")
    assert len(checks()) == warehouse.value("select count(*) from ops.checks")
    assert {"counters_agree_with_tasks": 1, "kinds_are_known": 1} == read_status(warehouse.settings).checks
    shown = CliRunner().invoke(
        commands, ["status"], env={"SIGHTEN_HOME": str(warehouse.settings.home), "COLUMNS": "200"}
    )
    assert "kinds_are_known: see ops.checks" in shown.stdout
    assert 0 == shown.exit_code


def test_status_reads_a_version_that_older_code_published(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES, b"no json")
    with duckdb.connect(str(warehouse.settings.layout.warehouse_file)) as connection:
        connection.execute("drop table ops.checks")
        connection.execute("alter table ops.quarantine drop column decision")

    status = read_status(warehouse.settings)

    assert status.balanced
    assert ({}, {}) == (status.checks, status.quarantine)


def test_a_check_without_its_header_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "odd.sql"
    path.write_text("select 1")

    with pytest.raises(ModelError, match=r"odd\.sql: expected a header"):
        read_check(path)


def test_a_table_with_two_rows_of_one_grain_is_not_published(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = build.fill  # no model gives such rows

    def fill_twice(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> int:
        again = fill(connection, model, select) if model.full_name == "main.tasks" else 0
        return fill(connection, model, select) + again

    warehouse.take_in(SAMPLE_BYTES)
    monkeypatch.setattr(build, "fill", fill_twice)

    with pytest.raises(CheckError, match="grain_of_main_tasks"):
        warehouse.publish()

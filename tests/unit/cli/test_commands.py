"""The command line, as a person or a script meets it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import duckdb
import openpyxl
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from docs.man_pages import write_pages
from sighten_warehouse.cli.main import COMMANDS, commands
from sighten_warehouse.errors import SettingError
from support.factories import SAMPLE_BYTES
from support.warehouses import Warehouse


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, env={"SIGHTEN_HOME": str(home)})


def run_apart(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a process of its own."""
    command = [str(Path(sys.executable).with_name("sighten-warehouse")), *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}
    env |= {"SIGHTEN_HOME": str(home)} | environment
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=60)


@pytest.fixture
def home(warehouse: Warehouse) -> Path:
    warehouse.land(SAMPLE_BYTES)
    return warehouse.settings.home


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the vendor's sample is published, shared by tests that land nothing."""
    warehouse = Warehouse(tmp_path_factory.mktemp("published"))
    warehouse.deliver(SAMPLE_BYTES)
    return warehouse.settings.home


def test_load_publish_and_query_work_in_sequence(home: Path) -> None:
    loaded, published = run_apart(home, "load"), run_apart(home, "publish")
    queried = run_apart(home, "query", "select name, task_count from milestones")

    assert (0, 0, 0) == (loaded.returncode, published.returncode, queried.returncode), loaded.stderr + published.stderr
    assert "landed 1: 1 loaded, 0 ignored, 0 quarantined" in loaded.stdout
    assert "Construction & Signoff" in queried.stdout
    assert "(1 rows)" in queried.stderr


def test_a_load_that_quarantines_a_delivery_exits_with_1_and_reports_it_on_stderr(warehouse: Warehouse) -> None:
    warehouse.land(b"no json")

    result = run(warehouse.settings.home, "load")

    assert 1 == result.exit_code
    assert "1 deliveries are in quarantine" in result.stderr


def test_run_runs_all_steps_once_and_has_nothing_to_do_the_second_time(home: Path) -> None:
    first, second = run(home, "run"), run(home, "run")

    assert (0, 0) == (first.exit_code, second.exit_code), first.stderr
    assert ["loaded 1 deliveries", "published"] == re.findall(r"^(loaded .*|published) ?", first.stdout, re.MULTILINE)
    assert "" == second.stdout


def test_times_between_two_columns_are_read_as_such(published: Path, tmp_path: Path) -> None:
    sql = (
        "select timestamp '2026-01-02 03:00' - timestamp '2026-01-01' as waited, [interval 2 hours] as hours, 1 as one"
    )

    shown = run(published, "query", sql)
    run(published, "query", sql, "--format", "xlsx", "--output", str(tmp_path / "rows.xlsx"))

    assert ["1 day 03:00:00", "['02:00:00']", "1"] == re.split(r"  +", shown.stdout.splitlines()[1].strip())
    sheet = openpyxl.load_workbook(tmp_path / "rows.xlsx")["rows"]
    assert ["1 day 03:00:00", "['02:00:00']", 1] == [cell.value for cell in sheet[2]]


def test_query_writes_csv_json_and_parquet(published: Path, tmp_path: Path) -> None:
    sql = "select name, position from tasks order by position"

    csv = run(published, "query", sql, "--format", "csv")
    as_json = run(published, "query", sql, "--format", "json")
    run(published, "query", sql, "--format", "parquet", "--output", str(tmp_path / "tasks.parquet"))

    assert ["name,position", "Equipment Delivered,1", "Inspection Completion,2"] == csv.stdout.splitlines()
    assert {"name": "Equipment Delivered", "position": 1} == json.loads(as_json.stdout)[0]
    assert 2 == len(duckdb.execute("from read_parquet(?)", [str(tmp_path / "tasks.parquet")]).fetchall())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "selec"], "the query failed"),
        (["query", "drop table tasks"], "read-only"),
        (["query", "from tasks", "--output", "x"], "expected --format"),
        (["query", "from tasks", "--format", "csv", "--output", "/dev/null/x.csv"], "/dev/null is no folder"),
        (["dictionary", "--html", "/dev/null/x.html"], "/dev/null is no folder"),
        (["report", "--to", "/dev/null/x.html"], "/dev/null is no folder"),
        (["publish", "--portable", "/dev/null/x.duckdb"], "/dev/null is no folder"),
        (["nonsense"], "No such command"),
    ],
)
def test_wrong_use_exits_with_2_and_names_what_was_expected(
    published: Path, arguments: list[str], message: str
) -> None:
    result = run(published, *arguments)

    assert 2 == result.exit_code
    assert message in result.stderr


def test_a_query_before_the_first_publish_names_the_command_to_run(tmp_path: Path) -> None:
    result = run(tmp_path, "query", "from tasks")

    assert 2 == result.exit_code
    assert "sighten-warehouse publish" in result.stderr


def test_an_ill_formed_setting_exits_with_2_and_is_named(tmp_path: Path) -> None:
    result = run_apart(tmp_path, "status", SIGHTEN_RECEIVER_PORT="eighty")

    assert 2 == result.returncode
    assert "SIGHTEN_RECEIVER_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_status_as_json_has_the_balance(published: Path) -> None:
    status = json.loads(run(published, "status", "--json").stdout)

    assert (1, 0, True, 1) == (status["landed"], status["pending"], status["balanced"], status["outcomes"]["applied"])


@pytest.mark.parametrize("command", ["status", "load"])
def test_a_home_that_is_missing_or_a_file_is_refused_and_not_created(tmp_path: Path, command: str) -> None:
    file = tmp_path / "file"
    file.touch()

    missing, no_folder = run(tmp_path / "missing", command), run(file, command)

    assert isinstance(missing.exception, SettingError)
    assert f"SIGHTEN_HOME, SIGHTEN_ENV: {tmp_path / 'missing' / 'production'} does not exist" in str(missing.exception)
    assert isinstance(no_folder.exception, SettingError)
    assert f"SIGHTEN_HOME, SIGHTEN_ENV: {file / 'production'} is a file" in str(no_folder.exception)
    assert not (tmp_path / "missing").exists()


def test_status_says_that_the_published_file_is_missing_and_how_to_write_it_again(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    warehouse.settings.layout.warehouse_file.unlink()

    ended = run(warehouse.settings.home, "status")

    assert 1 == ended.exit_code
    assert "warehouse.duckdb: missing, expected version" in ended.stderr
    assert "run `sighten-warehouse publish`" in ended.stderr
    assert "≠" not in ended.output


def test_status_exits_with_1_when_the_balance_is_broken(home: Path) -> None:
    run(home, "run")
    for file in home.glob("production/landing/*/*.ndjson"):
        file.unlink()

    result = run(home, "status")

    assert 1 == result.exit_code
    assert "0 landed ≠ 1 accounted for" in result.stderr


def test_a_published_file_that_is_open_for_writing_elsewhere_is_named(published: Path, tmp_path: Path) -> None:
    file = published / "production" / "published" / "warehouse.duckdb"
    commands_that_read = (("query", "select 1"), ("status",), ("report", "--to", str(tmp_path / "report.html")))

    with duckdb.connect(str(file)):
        locked = [run_apart(published, *arguments) for arguments in commands_that_read]
    unlocked = run_apart(published, "query", "select 1")

    assert [1, 1, 1] == [ended.returncode for ended in locked]
    expected = f"error: {file}: another program has it open for writing"
    assert [] == [ended.stderr for ended in locked if expected not in ended.stderr or "Traceback" in ended.stderr]
    assert 0 == unlocked.returncode, unlocked.stderr


def test_a_query_of_two_statements_is_refused(published: Path) -> None:
    ended = run(published, "query", "select 1; select 2")

    assert 2 == ended.exit_code
    assert "expected one statement, got 2" in ended.stderr


@pytest.mark.parametrize("command", [*COMMANDS, "airflow"])
def test_every_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    shown = run(tmp_path, command, "--help")

    assert 0 == shown.exit_code
    assert "Example" in shown.stdout
    assert f"sighten-warehouse {command}" in shown.stdout


def test_each_command_has_a_man_page(tmp_path: Path) -> None:
    write_pages(tmp_path)
    words = [["sighten-warehouse"]]
    for name in commands.list_commands(click.Context(commands)):
        command = commands.get_command(click.Context(commands), name)
        below = list(command.commands) if isinstance(command, click.Group) else []
        words += [["sighten-warehouse", name], *(["sighten-warehouse", name, part] for part in below)]

    pages = {path.stem: path.read_text() for path in tmp_path.iterdir()}

    assert {"-".join(each) for each in words} == set(pages)
    assert "it reaches no other file and no network." in pages["sighten-warehouse"]
    assert [] == [name for name, page in pages.items() if "..." in page.partition(".SH SYNOPSIS")[0]]
    assert "[table|csv|json|parquet|xlsx]" in pages["sighten-warehouse-query"]


def test_the_shell_completes_commands_and_options() -> None:
    shell = ShellComplete(commands, {}, "sighten-warehouse", "_SIGHTEN_WAREHOUSE_COMPLETE")

    def completed(*words: str) -> list[str]:
        return [item.value for item in shell.get_completions(list(words[:-1]), words[-1])]

    assert ["query", "quarantine"] == completed("qu")
    assert ["xlsx"] == completed("query", "--format", "x")
    assert ["--escape-formulas"] == completed("query", "--e")

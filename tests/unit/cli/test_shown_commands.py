"""Every command in the documents exists, and every query runs and returns what is shown."""

import re
from io import StringIO
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner
from rich.console import Console

from devstack.simulated_past import GOES_ON, SEED
from sighten_simulator.world.lives import build_simulation
from sighten_simulator.world.people import END
from sighten_warehouse.cli.main import commands
from sighten_warehouse.report.summary import ApiCounts, Summary, render
from support.documents import code_blocks, shown_commands
from support.repository import markdown, text
from support.warehouses import Warehouse


def problem(words: list[str]) -> str | None:
    """What is wrong with `sighten-warehouse` and these words, or None."""
    command: click.Command = commands
    for word in words:
        context = click.Context(command)
        if isinstance(command, click.Group) and not word.startswith("-"):
            subcommand = command.get_command(context, word)
            if subcommand is None:
                return f"no command {word}"
            command = subcommand
        elif word.startswith("--"):
            known = {name for param in command.get_params(context) for name in [*param.opts, *param.secondary_opts]}
            if word.partition("=")[0] not in known:
                return f"no option {word}"
    return None


def queries() -> list[str]:
    in_commands = [words[1] for _, words in shown_commands("sighten-warehouse") if words[:1] == ["query"] and words[1:]]
    return [*in_commands, *(sql for path in markdown() for sql in code_blocks(path, "sql"))]


def test_every_make_target_and_variable_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", text("Makefile"), re.MULTILINE))
    variables = set(re.findall(r"\$\((?:if )?([A-Z]+)", text("Makefile")))

    shown = {(path, word) for path, words in shown_commands("make") for word in words}

    assert {(Path("README.md"), "run"), (Path("README.md"), "test")} <= shown
    assert [] == [(path, word) for path, word in shown if word.partition("=")[0] not in targets | variables]


def test_every_make_target_has_a_description() -> None:
    rules = re.findall(r"^([a-z0-9-]+:.*)$", text("Makefile"), re.MULTILINE)

    assert [] == [rule for rule in rules if " ## " not in rule]


def test_every_command_and_option_that_is_shown_exists() -> None:
    shown = [(path, words, problem(words)) for path, words in shown_commands("sighten-warehouse")]

    assert [] == [command for command in shown if command[2]]


def test_every_command_is_shown() -> None:
    shown = {words[0] for _, words in shown_commands("sighten-warehouse") if words}

    assert set(commands.list_commands(click.Context(commands))) <= shown


def test_every_query_that_is_shown_runs(simulated: Warehouse) -> None:
    with duckdb.connect(str(simulated.settings.layout.warehouse_file), read_only=True) as connection:
        results = [connection.execute(sql).description for sql in queries()]

    assert results
    assert None not in results


def test_the_readmes_first_query_returns_what_the_readme_shows(
    simulated: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(simulated.settings.home))
    shown = [words for path, words in shown_commands("sighten-warehouse") if path.name == "README.md"]
    first = next(words for words in shown if words[0] == "query")

    result = CliRunner().invoke(commands, first)

    assert 0 == result.exit_code, result.output
    assert "\n".join(line.rstrip() for line in result.stdout.splitlines()) in text("README.md")


def test_the_readme_shows_the_lines_on_the_api_that_make_run_prints() -> None:
    api = ApiCounts(quotes=100, signed=93, resigned=14, values=2624, stored=1539, tried=1539)
    printed = StringIO()

    Console(file=printed, width=120).print(render(Summary(Path("file"), {"main.tasks": (1, "")}, api, None, None)))

    lines = [line.rstrip() for line in printed.getvalue().splitlines() if " quotes " in line or " documents " in line]
    assert 2 == len(lines)
    assert "\n".join(lines) in text("README.md")


def test_the_readme_shows_the_row_counts_that_make_run_prints() -> None:
    first_run = build_simulation(SEED, 300, ends=END + GOES_ON, until=END)
    milestones = 1 + sum(bool(life.snapshots) for life in first_run.lives)  # and the sample

    shown = re.findall(r"^((?:marts\.)?[a-z_]+) {2,}([\d,]+)  \w", text("README.md"), re.MULTILINE)

    assert [("milestones", f"{milestones}"), ("marts.approval_cycles", f"{milestones}")] == shown

"""The versions that we claim are those that CI tests, and CI runs only code whose content is pinned."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

from support.repository import ROOT, text

PINNED = re.compile(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def rows() -> list[str]:
    """The rows of versions that `make test-versions` knows."""
    return re.findall(r"^ROWS := (.+)$", text("Makefile"), re.MULTILINE)[0].split()


def rows_of_ci() -> Iterator[tuple[str, str]]:
    """Each row that CI runs, with the Python that it installs for it."""
    matrix: dict[str, Any] = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"]["versions"]["strategy"]["matrix"]
    yield from ((row, python) for row in matrix["row"] for python in matrix["python"])
    yield from ((combination["row"], combination["python"]) for combination in matrix["include"])


def versions(package: str) -> list[str]:
    return [row.removeprefix(f"{package}-") for row in rows() if row.startswith(f"{package}-")]


def test_ci_runs_every_row_on_its_python() -> None:
    expected = {(row, row.removeprefix("python-") if row.startswith("python-") else "3.11") for row in rows()}

    assert expected == set(rows_of_ci())


def test_the_claimed_versions_have_a_row() -> None:
    classifiers = tomllib.loads(text("pyproject.toml"))["project"]["classifiers"]
    claimed = [found[1] for line in classifiers if (found := re.fullmatch(r".+ Python :: (3\.\d+)", line))]
    python, duckdb = versions("python"), versions("duckdb")

    assert python == claimed
    assert f"Python {python[0]} to {python[-1]}" in text("README.md")
    assert f"Python {python[0]} to {python[-1]}" in text("CONTRIBUTING.md")
    assert f"DuckDB {' and '.join(duckdb)}" in text("README.md")


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    workflows = [text(path.relative_to(ROOT)) for path in (ROOT / ".github/workflows").iterdir()]
    actions = [action for workflow in workflows for action in re.findall(r"uses: (.+)", workflow)]

    assert actions
    assert [] == [action for action in actions if not PINNED.fullmatch(action)]

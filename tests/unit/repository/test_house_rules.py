"""Rules of the house that a machine can check; each names the place where one is broken."""

import ast
import hashlib
import re
import sys
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from support.repository import CODE, ROOT, code, files, text

BESIDE = ("tests", "benchmarks", "prove")
MAX_LINES = 250
MAX_AT_THE_ROOT = 14
LONGER: dict[str, str] = {}  # path: why it may be
SAYS_NOTHING = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
SQL_IN_PYTHON = {
    "include/sighten_warehouse/report/summary.py": "a question for the reader to copy and ask",
}
CHANGES_OF_FILES = {"fsync", "unlink", "rename", "rmtree", "hardlink_to", "mkdir", "rmdir", "link"}
SQL_VERBS = "select|with|from|insert|create|copy|update|delete|merge"
STATEMENT = re.compile(rf"\s*({SQL_VERBS}|{SQL_VERBS.upper()})\s")
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|proxy\.golang\.org|crates\.io|anaconda\.(?:org|com)"
    r"|--(?:extra-)?index[-]url|--find[-]links|--trusted[-]host|^index[-]url",
    re.MULTILINE,
)
SET_ASIDE = re.compile(r"# noqa: (?P<rules>[A-Z0-9, ]+[0-9])(?P<reason>  \(.+\))?")
A_BUILDERS_PLACE = re.compile(r"(?<![\w.~-])/(?:root|work|workspace|Users|home)/")
SAMPLE = "include/sighten_simulator/world/sample_milestone.verbatim.txt"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def imports(paths: Iterable[Path], *packages: str) -> list[str]:
    """Where those files import those packages, or anything in them."""
    names = [(path, name) for path in paths for name in _imported(tree(path))]
    return [
        f"{path}: {name}" for path, name in names if any(f"{name}.".startswith(f"{package}.") for package in packages)
    ]


def _imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts[1:]).removesuffix(".__init__")


def imported_modules(path: Path, *, among: Container[str]) -> set[str]:
    """The modules that a file imports, wherever in it: a name imported from a package may be a module of it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if name in among else node.module for name in full.values())
    return {name for name in found if name in among}


def circle(imported: Mapping[str, set[str]]) -> list[str]:
    """The modules of one circle, each importing the next; none where there is no circle."""
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@cache
def installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def distributions(package: str) -> set[str]:
    """Which distributions bring that package, by the names that requirements have."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in installed().get(package, [])}


def swallowers(path: Path) -> Iterator[str]:
    """Where an error is caught and nothing is done about it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and all(is_nothing(statement) for statement in node.body):
            yield f"{path}:{node.lineno}"


def is_nothing(statement: ast.stmt) -> bool:
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or constant


def changes_of_files(path: Path) -> Iterator[str]:
    """Where a name on the disk is made, changed or removed, or something is synced."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_path_replace = node.func.attr == "replace" and len(node.args) == 1 and not node.keywords
            if is_path_replace or node.func.attr in CHANGES_OF_FILES:
                yield f"{path}:{node.lineno}: {node.func.attr}"


def long_statements(path: Path) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.Constant)]
            said = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value
        else:
            continue
        if node.end_lineno != node.lineno and STATEMENT.match(said):
            yield node.lineno


def found(pattern: re.Pattern[str], path: Path) -> list[str]:
    try:
        lines = text(path).splitlines()
    except UnicodeDecodeError:
        return []
    return [f"{path}:{number}: {line.strip()[:80]}" for number, line in enumerate(lines, 1) if pattern.search(line)]


def test_no_module_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in code(*CODE)}

    too_long = {path: lines for path, lines in lengths.items() if lines > MAX_LINES}

    assert set(LONGER) == set(too_long)


def test_every_module_says_what_the_reader_finds_there() -> None:
    assert [] == [path for path in code(*CODE) if not ast.get_docstring(tree(path))]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [] == [path for path in code(*CODE, *BESIDE) if SAYS_NOTHING & {*path.parts, path.stem}]


def test_no_error_is_swallowed() -> None:
    assert [] == [place for path in code(*CODE, *BESIDE) for place in swallowers(path)]


def test_the_package_knows_nothing_of_airflow() -> None:
    assert [] == imports(code("include"), "airflow", "sighten_airflow", "devstack", "dags")


def test_every_package_that_the_product_imports_is_declared() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    of_commands = ("api", "ibis", "iceberg", "mcp", "objects", "polars", "receiver", "report", "spark")
    requirements = [*project["dependencies"], *chain.from_iterable(extras[name] for name in of_commands)]
    declared = {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
    imported = {name.partition(".")[0] for path in code("include") for name in _imported(tree(path))}

    undeclared = imported - sys.stdlib_module_names - {"sighten_warehouse", "sighten_simulator"}

    assert [] == sorted(name for name in undeclared if not declared & {name, *distributions(name)})


def test_only_the_commands_import_the_simulator() -> None:
    others = [path for path in code("include", "dags", "plugins") if not {"cli", "sighten_simulator"} & set(path.parts)]

    assert [] == imports(others, "sighten_simulator")


def test_no_files_import_each_other_in_a_circle() -> None:
    paths = {module_name(path): path for path in code("include", "plugins")}
    imported = {name: imported_modules(path, among=paths) - {name} for name, path in paths.items()}

    assert [] == circle(imported)


def test_the_root_of_the_package_holds_few_modules() -> None:
    at_the_root = [path for path in code("include") if path.parent == Path("include/sighten_warehouse")]

    assert MAX_AT_THE_ROOT >= len(at_the_root)


def test_files_are_changed_through_one_seam_where_faults_can_come_in() -> None:
    product = [path for path in code("include") if path.parts[1] == "sighten_warehouse" and "cli" not in path.parts]

    assert [] == [place for path in product if path.name != "durable.py" for place in changes_of_files(path)]


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)

    exit_code = lint_imports(no_cache=True)

    assert 0 == exit_code, capsys.readouterr().out


def test_sql_longer_than_a_line_stands_in_a_model_and_not_in_python() -> None:
    places = {str(path): list(long_statements(path)) for path in code(*CODE)}

    assert set(SQL_IN_PYTHON) == {path for path, lines in places.items() if lines}


def test_no_file_names_a_package_registry() -> None:
    assert [] == [place for path in files() for place in found(REGISTRIES, path)]


def test_no_file_names_the_place_where_it_was_made() -> None:
    assert [] == [place for path in files() for place in found(A_BUILDERS_PLACE, path)]


def test_the_vendors_sample_is_kept_byte_for_byte() -> None:
    attributes = text(".gitattributes").splitlines()

    assert "*.verbatim.txt -text" in attributes
    assert (
        "9bb1d10f78b6e0044658cea340af42da3118905dd2d017011453b5817f040782"
        == hashlib.sha256((ROOT / SAMPLE).read_bytes()).hexdigest()
    )


def test_a_rule_is_set_aside_in_a_line_with_a_reason_given_there_or_above() -> None:
    reasons: dict[tuple[Path, str], str] = {}
    for path in code(*CODE, *BESIDE):
        for match in SET_ASIDE.finditer(text(path)):
            reasons.setdefault((path, match["rules"]), match["reason"])

    assert [] == [place for place, reason in reasons.items() if not reason]


def test_the_version_stands_in_one_number() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]

    assert f'__version__ = "{version}"' in text("include/sighten_warehouse/version.py")
    assert f"## [{version}]" in text("CHANGELOG.md")

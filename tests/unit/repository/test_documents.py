"""What the documents say is true of the code: links, settings, tables, decisions, dependencies."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from sighten_warehouse.dictionary.markdown import render_dictionary
from sighten_warehouse.settings import setting_names
from support.documents import anchors, links, prose, without_spans
from support.repository import ROOT, code, markdown, text

SETTING = re.compile(r"\b(?:SIGHTEN|STACK)_[A-Z][A-Z_]*[A-Z]\b")
EXTRAS = ("receiver", "api", "objects", "report")
PARTS_OF_A_DECISION = ["Context", "Decision", "Consequences", "Measured"]


def dead_links(path: Path) -> Iterator[str]:
    for target, anchor in links(path):
        found = (ROOT / path).parent.joinpath(target).resolve() if target else ROOT / path
        if not found.exists() or not found.is_relative_to(ROOT):
            yield f"{path}: {target}"
        elif anchor and anchor not in anchors(found.relative_to(ROOT)):
            yield f"{path}: {target}#{anchor}"


def reached_from(start: Path) -> set[Path]:
    reached: set[Path] = set()
    new = {start}
    while new:
        reached |= new
        targets = {((ROOT / path).parent / target).resolve() for path in new for target, _ in links(path)}
        new = {path for path in markdown() if ROOT / path in targets} - reached
    return reached


def ragged_tables(path: Path) -> Iterator[str]:
    for table in re.findall(r"(?:^\|.*\|$\n?)+", prose(path), re.MULTILINE):
        rows = without_spans(table).splitlines()
        if len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) > 1:
            yield f"{path}: {rows[0]}"


def test_every_link_leads_somewhere() -> None:
    assert [] == [link for path in markdown() for link in dead_links(path)]


def test_every_section_of_the_runbook_that_a_message_names_exists() -> None:
    named = {
        section for path in code("include") for section in re.findall(r"(?:runbook\.md|RUNBOOK\})#([\w-]+)", text(path))
    }

    assert {"damaged-landing-files", "damaged-history-files"} <= named
    assert set() == named - anchors("docs/runbook.md")


def test_every_document_is_reached_from_the_readme() -> None:
    assert set() == set(markdown()) - reached_from(Path("README.md"))


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    assert [] == [table for path in markdown() for table in ragged_tables(path)]


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    of_the_stack = set(re.findall(r"^ +(STACK_[A-Z_]+) ", text("devstack/__main__.py"), re.MULTILINE))

    documented = set(SETTING.findall("".join(text(path) for path in [*markdown(), Path(".env.example")])))

    assert of_the_stack
    assert set(setting_names()) | of_the_stack == documented


def test_the_data_dictionary_is_the_one_that_the_models_describe() -> None:
    assert render_dictionary() == text("docs/data-dictionary.md"), "expected what `make docs` writes"


def test_every_decision_has_its_four_parts_and_stands_in_the_index() -> None:
    pages = [path for path in markdown() if path.parent == Path("docs/decisions") and path.name != "README.md"]

    assert pages
    assert [] == [page for page in pages if PARTS_OF_A_DECISION != re.findall(r"(?m)^## (.+)$", text(page))]
    assert [] == [page for page in pages if (page.name, "") not in links(Path("docs/decisions/README.md"))]


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    parts = {"": project["dependencies"]} | {extra: project["optional-dependencies"][extra] for extra in EXTRAS}
    declared = {
        (re.split(r"[^\w-]", requirement)[0], extra)
        for extra, requirements in parts.items()
        for requirement in requirements
        if not requirement.startswith("sighten-warehouse")
    }

    rows = re.findall(r"^\| ([a-z][\w-]+) +\| ([^|]*?) *\| \w", text("docs/decisions/dependencies.md"), re.MULTILINE)
    explained = {(package, extra) for package, extras in rows for extra in extras.split(", ")}

    assert declared == explained - {("package", "extra")}


def test_every_module_that_the_documents_name_exists() -> None:
    modules = {path.name for path in code("include", "devstack", "dags", "plugins", "tests")}

    named = [(path, name) for path in markdown() for name in re.findall(r"`(\w+\.py)`", prose(path))]

    assert [] == [(path, name) for path, name in named if name not in modules]

"""The data dictionary: an offline page with the relations of the tables."""

import re
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.dictionary.html import render_page
from sighten_warehouse.dictionary.markdown import render_dictionary
from sighten_warehouse.dictionary.relations import er_diagram, relations
from sighten_warehouse.models import NOT_PUBLISHED, as_of_macros, models

PUBLISHED = [model for model in models().values() if model.schema not in NOT_PUBLISHED]


class PageParser(HTMLParser):
    """Collects the ids of a page, the targets of its links, and the resources it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.ids |= {attributes["id"]} if attributes.get("id") else set()  # type: ignore[arg-type]  # checked
        self.links |= {str(attributes["href"])} if tag == "a" else set()
        self.fetched += [tag] if "src" in attributes or tag in ("link", "img", "iframe") else []


def test_the_page_has_every_table_and_column_and_fetches_nothing() -> None:
    page, parser = render_page(), PageParser()

    parser.feed(page)

    assert [] == parser.fetched
    assert "http" not in page.replace("http_status", "").replace("HTTP", "").replace("https://engine", "")
    assert {model.full_name for model in PUBLISHED} <= parser.ids
    assert {f"#{name}" for name in parser.ids} >= parser.links
    assert sum(len(model.columns) for model in PUBLISHED) == page.count("<tr><td><code>")


def test_every_time_is_said_to_be_utc_and_every_as_of_macro_is_described() -> None:
    times = [column for model in PUBLISHED for column in model.columns if column.type.startswith("timestamp")]

    assert [] == [column.name for column in times if not column.description.endswith("UTC.")]
    assert 6 == len(as_of_macros())
    assert [True] * 12 == [
        f"from {name}(" in page and as_of_macros()[name] in page
        for page in (render_page(), render_dictionary())
        for name in as_of_macros()
    ]


def test_a_table_refers_to_its_nearest_parent() -> None:
    found = {(relation.child.name, relation.column, relation.parent.name) for relation in relations("main")}

    assert {
        ("tasks", "milestone_id", "milestones"),
        ("sub_tasks", "task_id", "tasks"),
        ("documents", "sub_task_id", "sub_tasks"),
        ("milestones", "assigned_to_user_id", "users"),
        ("milestones", "quote_id", "quotes"),
        ("comments", "commentor_id", "users"),
    } <= found
    assert not {("documents", "milestone_id", "milestones"), ("users", "milestone_id", "milestones")} & found


def test_markdown_and_page_show_the_same_relations() -> None:
    for schema in ("main", "marts"):
        lines = list(er_diagram(schema))
        edges = [line for line in lines if re.fullmatch(r'    \w+ \|o--o\{ \w+ : "\w+"', line)]
        rows = [
            f'<tr><td><a href="#{relation.child.full_name}"><code>{relation.child.name}.{relation.column}</code></a>'
            f'<td><a href="#{relation.parent.full_name}"><code>{relation.parent.name}.{relation.parent_key}</code></a>'
            for relation in relations(schema)
        ]
        section = render_page().partition(f'<h2 id="{schema}">')[2].partition("</section>")[0]

        assert "erDiagram" == lines[0]
        assert "```mermaid\n" + "\n".join(lines) + "\n```" in render_dictionary()
        assert len(relations(schema)) == len(edges) == section.count('<tr><td><a href="#')
        assert [] == [row for row in rows if row not in section]


def test_a_relation_refers_to_the_key_of_its_parent() -> None:
    found = {
        f"{relation.child.name}.{relation.column} → {relation.parent.name}.{relation.parent_key}"
        for relation in relations("main")
    }

    assert {
        "tasks.milestone_id → milestones.milestone_id",
        "milestones.assigned_to_user_id → users.user_id",
    } <= found


def test_the_command_prints_markdown_or_writes_a_page(tmp_path: Path) -> None:
    page = tmp_path / "dictionary.html"

    printed = CliRunner().invoke(commands, ["dictionary"])
    written = CliRunner().invoke(commands, ["dictionary", "--html", str(page)])

    assert (0, render_dictionary()) == (printed.exit_code, printed.stdout)
    assert (0, f"{page}\n") == (written.exit_code, written.stdout)
    assert render_page() == page.read_text(encoding="utf-8")

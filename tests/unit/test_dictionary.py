"""The data dictionary: its page works offline, and its diagrams show how the tables hang together."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.dictionary.diagram import er_picture
from sighten_warehouse.dictionary.html import render_page
from sighten_warehouse.dictionary.markdown import render_dictionary
from sighten_warehouse.dictionary.relations import er_diagram, relations
from sighten_warehouse.models import NOT_PUBLISHED, models

PUBLISHED = [model for model in models().values() if model.schema not in NOT_PUBLISHED]


class Seen(HTMLParser):
    """The ids of a page, where its links lead, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids |= {told["id"]} if told.get("id") else set()  # type: ignore[arg-type]  # it is there
        self.links |= {str(told["href"])} if tag == "a" else set()
        self.fetched += [tag] if "src" in told or tag in ("link", "img", "iframe") else []


def test_the_page_has_every_table_and_column_and_fetches_nothing() -> None:
    page, seen = render_page(), Seen()

    seen.feed(page)

    assert [] == seen.fetched
    assert "http" not in page.replace("http_status", "").replace("HTTP", "").replace("https://engine", "")
    assert {model.full_name for model in PUBLISHED} <= seen.ids
    assert {f"#{name}" for name in seen.ids} >= seen.links
    assert sum(len(model.columns) for model in PUBLISHED) == page.count("<tr><td><code>")


def test_a_table_hangs_on_its_nearest_parent() -> None:
    told = {(one.child.name, one.column, one.parent.name) for one in relations("main")}

    assert {
        ("tasks", "milestone_id", "milestones"),
        ("sub_tasks", "task_id", "tasks"),
        ("documents", "sub_task_id", "sub_tasks"),
        ("milestones", "assigned_to_user_id", "users"),
        ("milestones", "quote_id", "quotes"),
        ("comments", "commentor_id", "users"),
    } <= told
    assert not {("documents", "milestone_id", "milestones"), ("users", "milestone_id", "milestones")} & told


def test_the_diagrams_say_the_same_in_markdown_and_on_the_page() -> None:
    for schema in ("main", "marts"):
        lines = list(er_diagram(schema))
        edges = [line for line in lines if re.fullmatch(r'    \w+ \|o--o\{ \w+ : "\w+"', line)]
        picture = ET.fromstring(er_picture(schema, title="a <title> & more"))  # noqa: S314  (it is our own)

        assert "erDiagram" == lines[0]
        # A screen reader passes over the links inside of an image.
        assert ("group", "a <title> & more") == (picture.get("role"), picture.get("aria-label"))
        assert len(relations(schema)) == len(edges) == len(picture.findall("path"))
        assert "```mermaid\n" + "\n".join(lines) + "\n```" in render_dictionary()
        assert {one.full_name.partition(".")[2] for one in PUBLISHED if one.schema == schema} <= {
            name.text for name in picture.iter("text") if name.get("class") == "name"
        }


def test_no_box_of_a_picture_covers_another() -> None:
    for schema in ("main", "marts"):
        picture = ET.fromstring(er_picture(schema, title=""))  # noqa: S314  (it is our own)
        boxes = [[int(one.get(side, "0")) for side in ("x", "y", "width", "height")] for one in picture.iter("rect")]

        covered = [
            (a, b)
            for number, a in enumerate(boxes)
            for b in boxes[:number]
            if a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        ]

        assert [] == covered


def test_the_command_prints_markdown_or_writes_a_page(tmp_path: Path) -> None:
    page = tmp_path / "dictionary.html"

    printed = CliRunner().invoke(commands, ["dictionary"])
    written = CliRunner().invoke(commands, ["dictionary", "--html", str(page)])

    assert (0, render_dictionary()) == (printed.exit_code, printed.stdout)
    assert (0, f"{page}\n") == (written.exit_code, written.stdout)
    assert render_page() == page.read_text(encoding="utf-8")

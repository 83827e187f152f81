"""The report as a file: whole or as it was before, of the newest version, and needing nothing from elsewhere."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import NotPublishedError
from sighten_warehouse.report.rendering import ECHARTS, render
from sighten_warehouse.report.writing import read_dataset, write_report
from sighten_warehouse.settings import Settings
from support.shown_world import HOSTILE, put_version


class Page(HTMLParser):
    """What a browser would make of the page: its elements, and the text of each script and style."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[str, dict[str, str | None], str]] = []
        self._is_inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._is_inside = tag in ("script", "style")
        if self._is_inside:
            self.inside.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag not in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            tag, attributes, text = self.inside.pop()
            self.inside.append((tag, attributes, text + data))

    @property
    def data_text(self) -> str:
        (text,) = (text for _, attributes, text in self.inside if attributes.get("id") == "data")
        return text

    def data(self) -> dict[str, Any]:
        return dict(msgspec.json.decode(self.data_text))


@pytest.fixture(scope="module")
def page(report_file: Path) -> Page:
    return Page(report_file.read_text(encoding="utf-8"))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in strings(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in strings(inner))


def test_nothing_that_a_text_holds_becomes_markup(page: Page) -> None:
    assert HOSTILE in set(strings(page.data()))
    assert set() == set("<>&") & set(page.data_text)
    assert "img" not in {tag for tag, _ in page.elements}
    assert 3 == [tag for tag, _ in page.elements].count("script")


def test_the_policy_allows_what_the_page_holds_and_nothing_else(page: Page) -> None:
    (policy,) = (one["content"] for tag, one in page.elements if one.get("http-equiv") == "Content-Security-Policy")
    scripts = [digest(text) for tag, one, text in page.inside if tag == "script" and "id" not in one]
    (style,) = (digest(text) for tag, _, text in page.inside if tag == "style")

    assert policy == (
        f"default-src 'none'; script-src {' '.join(scripts)}; style-src {style}; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def test_the_page_asks_for_nothing_from_elsewhere(page: Page) -> None:
    led_to = [value or "" for _, one in page.elements for name, value in one.items() if name in ("src", "href")]

    assert [] == [target for target in led_to if not target.startswith(("#", "data:"))]


def test_the_chart_library_is_the_one_that_was_released() -> None:
    folder = files("sighten_warehouse.report").joinpath(ECHARTS.rpartition("/")[0])

    assert (
        "61f13280aba3161f77fc801bf5f9c786f55f10432153a0683fc5cc0700b013d5"
        == hashlib.sha256(files("sighten_warehouse.report").joinpath(ECHARTS).read_bytes()).hexdigest()
    )
    assert {"LICENSE", "NOTICE", "licenses"} <= {file.name for file in folder.iterdir()}


def test_the_report_is_written_beside_the_version(home: Settings) -> None:
    path = write_report(home)

    assert path == home.layout.report_file
    assert 1 == Page(path.read_text()).data()["environments"][0]["freshness"]["milestones"]


def test_what_was_written_down_is_used_for_its_own_version_and_masks_only(world: Settings, home: Settings) -> None:
    write_report(home)
    data = home.layout.report_data
    data.write_bytes(msgspec.json.encode(msgspec.json.decode(data.read_bytes()) | {"marked": True}))

    again = read_dataset(home)
    unmasked = read_dataset(replace(home, pii="full"))
    put_version(home, world)
    newer = read_dataset(home)

    assert ["marked" in dataset for dataset in (again, unmasked, newer)] == [True, False, False]
    assert [dataset["pii"] for dataset in (again, unmasked, newer)] == ["masked", "full", "masked"]


def test_damaged_data_is_made_again(home: Settings) -> None:
    home.layout.report_data.write_bytes(b'{"format": 1, "cut off')

    write_report(home)

    assert 1 == msgspec.json.decode(home.layout.report_data.read_bytes())["freshness"]["milestones"]


def test_a_report_that_cannot_be_written_leaves_the_one_before_and_the_version(world: Settings, home: Settings) -> None:
    path = write_report(home)
    before = path.read_bytes()
    put_version(home, world)
    data = home.layout.report_data
    data.unlink()
    data.mkdir()
    (data / "in the way").touch()

    with pytest.raises(OSError, match=re.escape(str(data))):
        write_report(home)

    assert before == path.read_bytes()
    assert read_dataset(world)["freshness"]["version"] == read_dataset(home)["freshness"]["version"]
    assert [] == list(path.parent.glob(".report*"))


def test_a_file_shows_every_environment_of_the_home(page: Page) -> None:
    shown = {
        environment["environment"]: environment["freshness"]["milestones"]
        for environment in page.data()["environments"]
    }

    assert {"production", "test"} == set(shown)
    assert 1 == shown["test"] < shown["production"]
    assert "production" == page.data()["shown"]


def test_a_live_page_leaves_out_what_it_can_ask_for(world: Settings) -> None:
    dataset = read_dataset(world)

    live = Page(render([dataset], shown="production", live=True).decode()).data()

    assert dataset["timelines"]
    assert not {"found", "timelines"} & set(live["environments"][0])


def test_the_command_writes_one_file(world: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(world.home))
    path = tmp_path / "a report.html"

    answer = CliRunner().invoke(commands, ["report", "--to", str(path)])

    assert 0 == answer.exit_code, answer.output
    assert ["production", "test"] == [
        environment["environment"] for environment in Page(path.read_text()).data()["environments"]
    ]


def test_without_a_version_there_is_no_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(tmp_path))

    answer = CliRunner().invoke(commands, ["report", "--to", str(tmp_path / "report.html")])

    assert isinstance(answer.exception, NotPublishedError)
    assert not (tmp_path / "report.html").exists()

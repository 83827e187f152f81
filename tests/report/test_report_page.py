"""The page in a browser: every chart drawn, every filter at work, by keyboard and by screen reader, in every width."""

import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from sighten_simulator.serve import served
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.server import report_app
from sighten_warehouse.settings import Settings
from support.factories import SAMPLE_MILESTONE
from support.shown_world import ENDLESS, HOSTILE, LIVES

WIDTHS = (360, 768, 1440)
CHARTS = {
    "times",
    "funnel",
    "rejections",
    "rejected-definitions",
    "resigns",
    "bottlenecks",
    "ageing",
    "assignees",
    "outcomes",
    "publishing",
    "quarantine",
}
# How many colours a canvas shows; one that nothing was drawn on shows one.
COLOURS_SHOWN = """
canvas => {
    const copy = Object.assign(document.createElement("canvas"), {width: canvas.width, height: canvas.height});
    const ground = copy.getContext("2d", {willReadFrequently: true});
    ground.drawImage(canvas, 0, 0);
    const pixels = ground.getImageData(0, 0, copy.width, copy.height).data;
    return new Set(new Uint32Array(pixels.buffer)).size;
}
"""


@pytest.fixture(scope="module")
def problems() -> list[str]:
    """What the browser reported: console messages, errors, failed requests."""
    return []


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def first_page(context: BrowserContext, report_file: Path, problems: list[str]) -> Page:
    return opened(context, report_file.as_uri(), problems)


@pytest.fixture
def page(first_page: Page) -> Page:
    """The page as it is when it is opened: to open it takes longer than to put it back."""
    first_page.evaluate("location.hash = ''; document.activeElement.blur(); scrollTo(0, 0)")
    first_page.locator("dialog:not([open])").wait_for(state="attached")
    first_page.get_by_label("Search").fill("")
    expect(first_page.locator("#chosen")).to_contain_text(f"{LIVES + 3} milestones")
    return first_page


def opened(context: BrowserContext, address: str, problems: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.goto(address)
    page.locator("html[data-shown]").wait_for()
    return page


def figure(page: Page, name: str) -> str:
    return figure_of(page, name).inner_text()


def figure_of(page: Page, name: str) -> Locator:
    return page.locator("#figures li", has=page.get_by_text(name, exact=True)).locator("strong")


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("form", name="Filters").get_by_label(name, exact=True)


def table(page: Page, panel: str) -> list[list[str]]:
    """The rows of the table behind a chart, head first; whether it is shown or not."""
    cells = "table => [...table.rows].map(row => [...row.cells].map(cell => cell.textContent))"
    rows: list[list[str]] = page.locator(f"#{panel} table").evaluate(cells)
    return rows


def minutes(text: str) -> float:
    sizes = {"d": 1440, "h": 60, "min": 1, "s": 1 / 60}
    return sum(int(number) * sizes[unit] for number, unit in re.findall(r"(\d+) (min|[dhs])\b", text))


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.deep)])
def test_every_chart_is_drawn_in_every_width_and_fits_it(
    chromium: Browser, report_file: Path, problems: list[str], theme: Any
) -> None:
    with chromium.new_context(color_scheme=theme, reduced_motion="reduce") as context:
        page = opened(context, report_file.as_uri(), problems)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            canvases = {panel: page.locator(f"#{panel} canvas") for panel in CHARTS}
            colours = {panel: canvas.evaluate(COLOURS_SHOWN) for panel, canvas in canvases.items()}
            assert {} == {panel: shown for panel, shown in colours.items() if shown < 5}
            assert width == page.evaluate("document.documentElement.scrollWidth")

    assert [] == problems


def test_pointing_at_a_chart_shows_its_numbers(page: Page, problems: list[str]) -> None:
    page.locator("#funnel canvas").hover(position={"x": 200, "y": 30})

    shown = page.locator("#funnel .tip")
    expect(shown.locator("strong")).to_have_text("all")
    assert ["milestones", "share of all"] == shown.locator("dt").all_inner_texts()
    assert [figure(page, "Submitted"), "100 %"] == shown.locator("dd").all_inner_texts()
    assert [] == problems


def test_numbers_are_those_of_the_marts(world: Settings, page: Page) -> None:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        months = connection.execute(
            "select strftime(submitted_month, '%b %Y'), milestones, open, p50_seconds / 60 from"
            " marts.approval_times_by_month order by submitted_month"
        ).fetchall()
    shown = {row[0]: row[1:] for row in table(page, "times")[1:]}

    for month, submitted, opened_still, half in months:
        assert [str(submitted), str(opened_still)] == shown[month][:2]
        assert shown[month][2].startswith("at least") == (half is None) or "–" == shown[month][2]
        assert half is None or abs(half - minutes(shown[month][2])) <= 31  # it reads in days and hours


def test_the_vendors_sample_took_5_d_2_h(page: Page) -> None:
    field(page, "Environment").select_option("test")

    expect(page.locator("#figures")).to_contain_text("5 d 2 h")
    assert ["1", "1", "5 d 2 h"] == [
        figure(page, name) for name in ("Submitted", "Approved", "Median time to approval")
    ]


def test_every_filter_changes_the_numbers_and_the_address_keeps_them(
    context: BrowserContext, page: Page, problems: list[str]
) -> None:
    counts = [figure(page, "Submitted")]
    choices: list[Callable[[], object]] = [
        lambda: field(page, "Definition").select_option("Permit"),
        lambda: field(page, "Organization").select_option(index=2),
        lambda: choose_day(page, "From", "2025-06-01"),
        lambda: choose_day(page, "To", "2025-06-02"),
    ]

    for choose in choices:
        choose()
        expect(figure_of(page, "Submitted")).not_to_have_text(counts[-1])
        counts.append(figure(page, "Submitted"))
    again = opened(context, page.url, problems)

    assert sorted(map(int, counts), reverse=True) == [int(count) for count in counts]
    assert counts[-1] == figure(again, "Submitted")
    page.get_by_role("button", name="Clear filters").click()
    expect(figure_of(page, "Submitted")).to_have_text(counts[0])
    assert [] == problems


def choose_day(page: Page, name: str, day: str) -> None:
    field(page, name).fill(day)
    field(page, name).dispatch_event("change")


def test_each_chart_and_the_list_can_be_saved_as_csv(page: Page, problems: list[str]) -> None:
    def saved(card: str) -> list[dict[str, str]]:
        with page.expect_download() as download:
            page.locator(f"#{card} .csv").click()
        return list(csv.DictReader(StringIO(Path(download.value.path()).read_bytes().decode())))

    shown = [row[1] for row in table(page, "funnel")[1:]]
    rows, times, listed = saved("funnel"), saved("times"), saved("milestones")

    assert shown == [f"{int(row['Milestones']):,}" for row in rows]
    assert "1" == rows[0]["Share of all"]
    assert any(row["median seconds"].isdigit() for row in times)
    assert {36} == {len(row["Id"]) for row in listed}
    assert [f"'{HOSTILE}"] == [row["Milestone"] for row in listed if "script" in row["Milestone"]]  # no formula
    assert page.locator(".card:has(canvas)").count() == page.locator(".card:has(canvas) .csv").count()
    assert [] == problems


def test_no_holes_are_left_between_cards(page: Page) -> None:
    edges = page.locator(".columns > .card").evaluate_all(
        "all => all.map((card) => card.getBoundingClientRect()).map((box) => [box.bottom, box.left, box.right])"
    )
    rows = {round(bottom): [] for bottom, _, _ in edges}
    for bottom, left, right in edges:
        rows[round(bottom)] += [round(left), round(right)]

    assert 1 == len({(min(sides), max(sides)) for sides in rows.values()})


@pytest.mark.parametrize("width", [390, 820])
def test_the_drift_table_fits(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})

    assert ["Kind", "Field", "Value"] == page.locator("#drift thead th").all_text_contents()[:3]
    assert page.locator("#drift .scroll").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_an_empty_range_says_why_each_panel_is_empty(page: Page, problems: list[str]) -> None:
    choose_day(page, "From", "2030-01-01")
    expect(figure_of(page, "Submitted")).to_have_text("0")

    insights = page.locator("article:not(#checks) .insight").all_inner_texts()

    advice = "Clear the filters to see everything."
    assert {f"No rejections in this range. {advice}", f"No deliveries in this range. {advice}"} <= set(insights)
    assert "No matching milestones: clear the search" in page.locator("#milestones").inner_text()
    assert "0 milestones" in page.locator("#chosen").inner_text()
    assert 0 == page.locator("canvas").count()
    assert [] == problems


def test_by_keyboard_alone_one_filters_opens_a_milestone_and_comes_back(page: Page) -> None:
    page.reload()  # so that the keys begin at the top
    page.locator("html[data-shown]").wait_for()
    before = figure(page, "Submitted")
    page.keyboard.press("Tab")
    assert "Skip to the report" == focused(page).inner_text()

    tab_to(page, "select[name=definition]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(figure_of(page, "Submitted")).not_to_have_text(before)
    tab_to(page, "#milestones tbody a")
    opener = focused(page).get_attribute("href")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert "Close" == focused(page).get_attribute("aria-label")
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert opener == focused(page).get_attribute("href")


def focused(page: Page) -> Locator:
    return page.locator("*:focus")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is not reached by Tab")


def test_a_screen_reader_finds_every_chart_in_words_and_as_a_table(page: Page) -> None:
    charts = page.locator(".chart:not([hidden])")
    controls = page.locator("button, select, input, summary").all()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")

    assert CHARTS == {article.get_attribute("id") for article in page.locator("article:has(canvas)").all()}
    assert {"img"} == {chart.get_attribute("role") for chart in charts.all()}
    assert [] == [chart for chart in charts.all() if len(chart.get_attribute("aria-label") or "") < 40]
    assert [] == [panel for panel in CHARTS if len(table(page, panel)) < 2]
    assert [] == [control.evaluate("control => control.outerHTML") for control in controls if not named(control)]
    assert sorted(set(ids)) == sorted(ids)
    regions = page.locator("section[aria-labelledby], [role=region]:visible").all()
    names = [
        region.evaluate("region => region.ariaLabel ?? region.querySelector('h2').textContent") for region in regions
    ]
    assert sorted(set(names)) == sorted(names)
    assert ["H1", *["H2"] * 4] == page.evaluate("[...document.querySelectorAll('h1, main h2')].map(one => one.tagName)")


def named(control: Locator) -> bool:
    name = (
        "one => one.ariaLabel || one.textContent.trim() || [...one.labels ?? []].map(label => label.textContent).join()"
    )
    return bool(control.evaluate(name))


def test_texts_that_try_to_be_markup_are_shown_as_texts(page: Page, problems: list[str]) -> None:
    page.get_by_label("Search").fill("onerror")
    page.locator("#milestones tbody a").click()

    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_have_text(HOSTILE, use_inner_text=False)
    expect(dialog.locator(".timeline")).to_contain_text("alert(1)")
    assert 0 == page.locator("img").count()
    assert [] == problems


def test_a_very_long_name_leaves_room_for_everything_else(page: Page, problems: list[str]) -> None:
    inside = "one => one.scrollWidth <= one.clientWidth"
    page.get_by_label("Search").fill("the second roof")
    link = page.locator("#milestones tbody a")

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.locator("#milestones .scroll").evaluate(inside)
        assert len(link.inner_text()) < 100
    assert link.inner_text().endswith("the second roof")
    assert not [option for option in page.locator("option").all_text_contents() if len(option) > 110]
    assert len(page.locator("#bottlenecks .insight").inner_text()) < 400

    link.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_have_text(f"{ENDLESS[:180]}…{ENDLESS[-119:]}")
    assert dialog.evaluate(inside)
    assert [] == problems


def test_a_right_to_left_name_does_not_reverse_the_sentence(page: Page) -> None:
    isolated = re.compile(r"^Highest rejection rate: \u2068[^\u2069]+\u2069, 100 % of decisions\.$")

    assert isolated.match(page.locator("#rejected-definitions .insight").inner_text())


def test_the_theme_follows_the_system_until_it_is_chosen_and_is_remembered(
    chromium: Browser, report_file: Path, problems: list[str]
) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    with chromium.new_context(color_scheme="dark", reduced_motion="reduce") as context:
        page = opened(context, report_file.as_uri(), problems)
        dark = page.evaluate(background)
        page.get_by_label("Theme").select_option("light")
        light = page.evaluate(background)
        again = opened(context, report_file.as_uri(), problems)

        assert dark != light == again.evaluate(background)


def test_served_it_shows_any_milestone_and_finds_by_text(
    world: Settings, context: BrowserContext, problems: list[str]
) -> None:
    report = LiveReport(world)
    with served(report_app(report)) as address:
        page = opened(context, address, problems)
        page.get_by_label("Search").fill(SAMPLE_MILESTONE[:13])
        expect(page.locator("#milestones tbody tr")).to_have_count(1)
        page.locator("#milestones tbody a").click()
        expect(page.get_by_role("dialog")).to_contain_text("took 5 d 2 h")
        expect(page.get_by_role("dialog").locator(".timeline .what-approved")).to_have_count(1)
        page.close()
    report.close()

    assert [] == problems

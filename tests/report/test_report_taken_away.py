"""What leaves the page: links, in Airflow's frame too, CSV files, and paper."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Locator, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from sighten_simulator.serve import served
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.server import report_app
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.deep

# As Airflow 3.3 frames the pages of plugins.
FRAME = '<iframe src="/sighten/report/" sandbox="allow-scripts allow-same-origin allow-forms allow-downloads">'
PAPER_PIXELS = 703  # of A4 between the margins


@pytest.fixture(scope="module")
def airflow(world: Settings) -> Iterator[str]:
    """The address of a page that frames the masked report."""

    def framing(_: Request) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><title>Airflow</title>{FRAME}")

    report = LiveReport(world)
    app = Starlette(routes=[Route("/plugin", framing), Mount("/sighten/report", report_app(report))])
    with served(app) as address:
        yield f"{address}/plugin"
    report.close()


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="dark", permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


def framed(context: BrowserContext, address: str) -> tuple[Page, Frame]:
    page = context.new_page()
    page.goto(address)
    frame = page.frames[1]
    frame.locator("html[data-shown]").wait_for()
    return page, frame


def found(frame: Frame) -> Locator:
    return frame.locator("#milestones .insight")


def approved_permits(world: Settings) -> int:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        counted = "select count(*) from marts.approval_cycles where name = 'Permit' and state = 'approved'"
        [(count,)] = connection.execute(counted).fetchall()
    return int(count)


def test_a_link_keeps_filters_and_search_and_in_airflow_its_address_does(
    context: BrowserContext, airflow: str, world: Settings
) -> None:
    page, frame = framed(context, airflow)
    expect(found(frame)).to_contain_text("milestones found")
    everything = found(frame).inner_text()

    frame.get_by_label("Definition", exact=True).select_option("Permit")
    frame.get_by_label("Search").fill("perm")
    frame.get_by_label("State", exact=True).select_option("approved")
    frame.get_by_label("Order", exact=True).select_option("slowest")
    chosen = f"{approved_permits(world)} milestones found."
    expect(found(frame)).to_have_text(chosen)
    frame.get_by_role("button", name="Copy link").click()
    expect(frame.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    page.close()
    page, again = framed(context, link)

    assert link.startswith(f"{airflow}#definition=")
    expect(found(again)).to_have_text(chosen)
    assert ["perm", "approved", "slowest"] == [
        again.get_by_label(name, exact=True).input_value() for name in ("Search", "State", "Order")
    ]
    again.get_by_role("button", name="Clear filters").click()
    expect(found(again)).to_have_text(everything)
    assert "" == page.evaluate("location.hash")
    page.close()


def test_every_chart_and_table_can_be_saved_and_is_masked_as_the_page_is(
    context: BrowserContext, airflow: str, world: Settings
) -> None:
    saved: dict[str, list[dict[str, str]]] = {}
    links, inside = ".csv, .csv-rows", "dialog .csv"

    def save(page: Page, link: Locator) -> None:
        with page.expect_download() as download:
            link.click()
        name = download.value.suggested_filename.removesuffix(".csv")
        saved[name] = list(csv.DictReader(StringIO(Path(download.value.path()).read_bytes().decode())))

    for some in (slice(0, 9), slice(9, None)):  # Chromium refuses an eleventh in so short a time
        page, frame = framed(context, airflow)
        expect(found(frame)).to_contain_text("milestones found")
        frame.locator("details.behind").evaluate_all("all => all.forEach(one => { one.open = true; })")
        for link in frame.locator(links).all()[some]:
            save(page, link)
        if some.stop is None:
            frame.locator("#milestones tbody a").first.click()
            expect(frame.locator(inside)).to_have_count(2)
            save(page, frame.locator(inside).first)
            save(page, frame.locator(inside).last)
        page.close()
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        persons = connection.execute("select email, last_name from users").fetchall()

    tables = "times funnel rejections rejected-definitions resigns bottlenecks ageing assignees outcomes publishing"
    others = "quarantine quarantine-rows drift checks milestones timeline tasks"
    assert {*tables.split(), *others.split()} == saved.keys()
    assert [] == [name for name, rows in saved.items() if not rows]
    assert 93 == len(saved["milestones"])  # all of them, of which the page shows 25
    assert {True} == {row["median age seconds"].isdigit() for row in saved["assignees"]}
    assert all(re.fullmatch(r"\d{4}-\d\d(-\d\d)?", next(iter(row.values()))) for row in saved["outcomes"])
    assert ["not json"] == [row["Reason"] for row in saved["quarantine"]]
    text = repr(saved)
    assert [] == [one for person in persons for one in person if one and one in text]


def test_on_paper_it_is_light_whole_and_says_its_filters(context: BrowserContext, report_file: Path) -> None:
    page = context.new_page()
    page.goto(f"{report_file.as_uri()}#from=2025-01-01&state=pending")
    page.locator("html[data-shown]").wait_for()
    page.evaluate("""() => addEventListener("beforeprint", () => {
        const charts = [...document.querySelectorAll("canvas")];
        window.paper = {theme: document.documentElement.dataset.theme, widths: charts.map(one => one.clientWidth)};
    })""")

    pdf = page.pdf(format="A4")
    paper, after = page.evaluate("[window.paper, document.documentElement.dataset.theme]")
    wide = page.locator("#times canvas").evaluate("one => one.clientWidth")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_PIXELS, "height": 900})

    assert pdf.startswith(b"%PDF")
    assert ("light", "dark") == (paper["theme"], after)
    assert 0 < max(paper["widths"]) < PAPER_PIXELS < wide
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    filters = page.locator("#filters-on-paper").inner_text()
    assert "from 1 Jan 2025" in filters
    assert "list: pending" in filters
    assert PAPER_PIXELS >= page.evaluate("document.documentElement.scrollWidth")
    assert page.locator("#drift table").is_visible()
    assert not [one for one in page.locator("select, input, button, .csv, .about").all() if one.is_visible()]
    page.close()

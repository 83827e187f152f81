"""The site that `make docs-site` built, opened from the disk in Chromium; skipped where it was not built."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from support.chromium import chromium
from support.repository import ROOT

__all__ = ["chromium"]

SITE = ROOT / "site"
PAGES = ("index", "docs/tour", "docs/decisions/index", "env.example", "docs/data-dictionary")
pytestmark = pytest.mark.skipif(not SITE.exists(), reason="site/ was not built: make docs-site")


@pytest.fixture(params=["desktop", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page that may load nothing but what is below site/, and whose scripts must not fail."""
    width, scheme = (1360, "light") if request.param == "desktop" else (390, "dark")
    page = chromium.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda said: failed.append(said.text) if said.type == "error" else None)
    yield page
    page.close()
    assert asked
    assert [] == [url for url in asked if not url.startswith((SITE.as_uri(), "data:", "blob:"))]
    assert [] == failed


def test_every_kind_of_page_fits_its_screen_and_draws_its_diagrams(page: Page) -> None:
    for name in PAGES:
        page.goto(f"{SITE.as_uri()}/{name}.html")

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
        assert [] == page.evaluate(broken)

    page.locator("div.mermaid").nth(1).wait_for()
    heights = page.locator(".mermaid").evaluate_all("all => all.map(diagram => diagram.clientHeight)")
    assert 2 == len(heights)
    assert min(heights) > 400


def test_a_search_for_a_column_finds_its_table_first(page: Page) -> None:
    page.goto(f"{SITE.as_uri()}/index.html")
    page.locator("button.md-search__button:visible, label[for=__search]:visible").first.click()
    page.keyboard.type("cycle_seconds", delay=20)

    first = page.get_by_role("option").or_(page.locator("li a")).filter(has_text="marts.approval_cycles").first
    first.wait_for()

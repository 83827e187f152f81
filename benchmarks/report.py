"""Time to make the report's data, to serve the report, and to draw it in a browser.

Run it with `.venv/bin/python benchmarks/report.py --home DIR` on a home with a published version. The browser is
Debian's Chromium; without it nothing is drawn.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from playwright.sync_api import sync_playwright

from sighten_warehouse.report.dataset import make_dataset
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.report.timelines import Filters, find, timelines
from sighten_warehouse.report.writing import write_report
from sighten_warehouse.settings import Settings, read_settings

TIMES = 5


def main() -> None:
    """Measure, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a home with a published version")
    settings = read_settings({"SIGHTEN_HOME": str(parser.parse_args().home)})
    with ReportSource(settings.layout.warehouse_file, pii=settings.pii) as source:
        counted = make_dataset(source, environment=settings.env, pii=settings.pii, keep=0)["freshness"]
        print(f"{counted['deliveries']:,} deliveries of {counted['milestones']:,} milestones")
        _timed("data made", lambda: make_dataset(source, environment=settings.env, pii=settings.pii), times=1)
        _timed("milestones found", lambda: find(source, Filters(text="permit", sort="slowest")))
        (oldest,) = find(source, Filters(sort="waiting", max_rows=1))
        _timed("one timeline", lambda: timelines(source, [oldest["milestone_id"]]))
    _timed("file written", lambda: write_report(settings), times=1)
    report = LiveReport(settings)
    _timed("page opened", report.page, times=1)
    _timed("page answered again", report.page)
    report.close()
    _draw(settings)


def _timed(what: str, measured: Callable[[], object], *, times: int = TIMES) -> None:
    taken = []
    for _ in range(times):
        started = perf_counter()
        measured()
        taken.append(perf_counter() - started)
    print(f"{what:20} {statistics.median(taken):8.3f} s")


def _draw(settings: Settings) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        print("Chromium not found: nothing is drawn")
        return
    report = LiveReport(settings)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "report.html")
        path.write_bytes(report.page())
        print(f"{'size of the page':20} {path.stat().st_size / 1e6:8.1f} MB")
        browser = playwright.chromium.launch(executable_path=chromium)
        taken = []
        for _ in range(TIMES):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(path.as_uri())
            taken.append(int(page.locator("html[data-shown]").get_attribute("data-shown") or 0) / 1000)
            page.close()
        print(f"{'everything drawn':20} {statistics.median(taken):8.3f} s after navigation")
        browser.close()
    report.close()


if __name__ == "__main__":
    main()

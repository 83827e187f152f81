"""One warehouse for all tests of the report, and Chromium to look at its page."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, sync_playwright

from sighten_warehouse.report.rendering import render
from sighten_warehouse.report.writing import read_dataset
from sighten_warehouse.settings import Settings
from support.shown_world import make_world, put_version

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two environments: `production`, and `test` with the vendor's sample alone."""
    return make_world(tmp_path_factory.mktemp("report"))


@pytest.fixture
def home(world: Settings, tmp_path: Path) -> Settings:
    """A home whose only version is the one of `test`, and which knows nothing but that file."""
    settings = replace(world, home=tmp_path / "home")
    put_version(settings, replace(world, env="test"))
    return settings


@pytest.fixture(scope="session")
def report_file(world: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on both environments, with names, as one file."""
    shown = [replace(world, pii="full", env=env) for env in ("production", "test")]
    path = tmp_path_factory.mktemp("file") / "report.html"
    path.write_bytes(render([read_dataset(settings) for settings in shown], shown="production", live=False))
    return path


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # No longer than a module needs it: its event loop runs in this thread, where no other can run beside it.
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt install chromium)")
    sandbox = os.geteuid() != 0  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=sandbox)
        yield browser
        browser.close()

"""One warehouse for all tests of the report, and Chromium to look at its page."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from sighten_warehouse.report.rendering import render
from sighten_warehouse.report.writing import read_dataset
from sighten_warehouse.settings import Settings
from support.chromium import chromium
from support.shown_world import make_world, put_version

__all__ = ["chromium"]


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

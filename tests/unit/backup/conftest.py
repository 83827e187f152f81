import shutil
from pathlib import Path

import pytest

from sighten_warehouse.lake.compaction import compact
from support.backing_up import furnish
from support.warehouses import Warehouse


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home with something of everything, not published; for copies only."""
    return furnish(Warehouse(tmp_path_factory.mktemp("furnished") / "home with a space"))


def copied(furnished: Warehouse, folder: Path) -> Warehouse:
    shutil.copytree(furnished.settings.home, folder, symlinks=True)
    home = Warehouse(folder)
    home.clock = furnished.clock
    return home


@pytest.fixture
def home(furnished: Warehouse, tmp_path: Path) -> Warehouse:
    """A home of one's own with something of everything, not published."""
    return copied(furnished, tmp_path / "home with a space")


@pytest.fixture(scope="module")
def published(furnished: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same, loaded, compacted and published, with what operators, alerts and reports leave; for reading only."""
    home = copied(furnished, tmp_path_factory.mktemp("published") / "home")
    layout = home.settings.layout
    home.load()
    compact(layout)
    home.publish()
    layout.acknowledged_drift.write_text("[]")
    for path in (layout.open_alerts, layout.api_refusals, layout.mailed_report, layout.report_file):
        path.write_text("{}")
    (layout.parquet / "tables").mkdir(parents=True)
    return home

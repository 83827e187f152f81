import pytest

from sighten_warehouse.lake.compaction import compact
from support.backing_up import furnish
from support.warehouses import Warehouse


@pytest.fixture
def home(warehouse: Warehouse) -> Warehouse:
    """A home with something of everything, not published."""
    return furnish(warehouse)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same, loaded, compacted and published, with what operators, alerts and reports leave; for reading only."""
    home = furnish(Warehouse(tmp_path_factory.mktemp("published")))
    layout = home.settings.layout
    home.load()
    compact(layout)
    home.publish()
    layout.acknowledged_drift.write_text("[]")
    for path in (layout.open_alerts, layout.api_refusals, layout.report_file):
        path.write_text("{}")
    (layout.parquet / "tables").mkdir(parents=True)
    return home

"""A home on a local disk and machines that share one on object storage, from the same landing files."""

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.objects.store import Store
from support.everything import Rows, everything
from support.warehouses import Warehouse

FILES = 6
# What tells in which batches, and when, the same deliveries were loaded and published.
OF_A_LOAD = ("batch_id", "committed_at", "prepared_at", "loaded_at", "version", "started_at", "published_at")
PLACES = ("landing_file", "line_number")  # a compaction moves lines
_OF_LOADS = ("ops.batches", "ops.latency", "marts.delivery_quality", "masked.delivery_quality")


def local_home(warehouse: Warehouse) -> Warehouse:
    """The home with the vendor's sample and some simulated lives in six landing files, loaded and published."""
    plan = [*plan_sample(), *plan_deliveries(build_simulation(1, 4), PlanOptions(tasks=True))]
    for number in range(FILES):
        warehouse.land(*(delivery.body for delivery in plan[number::FILES]))
    warehouse.load()
    warehouse.publish()
    return warehouse


def store_landing(local: Warehouse, url: str, *, files: slice = slice(None)) -> None:
    """Put those landing files of the home into the store, as its receivers would, and its key of pseudonyms."""
    layout, store = local.settings.layout, Store(url)
    for name in landing_files(layout.landing)[files]:
        store.put(f"{layout.root.name}/landing/{name}", layout.landing / name)
    store.put(f"{layout.root.name}/pseudonyms.key", layout.pseudonym_key)


def content(warehouse: Warehouse) -> Rows:
    """Every row of what the machine has published, whichever loads, compactions and publishes it took."""
    found = everything(warehouse, but=OF_A_LOAD + PLACES)
    return {table: rows for table, rows in found.items() if table not in _OF_LOADS}

"""The assets that connect the DAGs: landing, which the doorbell watches, history, and the published warehouse."""

from typing import TYPE_CHECKING

from airflow.sdk import Asset, AssetWatcher, get_current_context

from sighten_airflow.dag_defaults import Counts
from sighten_airflow.doorbell import LandingDoorbell
from sighten_warehouse.settings import read_settings

if TYPE_CHECKING:
    from sighten_warehouse.publish.version import Version

ENVIRONMENT = read_settings().env
LANDING = Asset(
    "sighten_landing",
    f"sighten://{ENVIRONMENT}/landing",
    watchers=[AssetWatcher(name="sighten_landing_doorbell", trigger=LandingDoorbell())],
)
HISTORY = Asset("sighten_history", f"sighten://{ENVIRONMENT}/history")
WAREHOUSE = Asset("sighten_warehouse", f"sighten://{ENVIRONMENT}/warehouse")


def announce_version(version: "Version") -> Counts:
    """Add the version and its row counts to this task's event of `WAREHOUSE`; return them for XCom."""
    facts: dict[str, Counts] = {"version": version.version, "rows": dict(version.tables)}
    get_current_context()["outlet_events"][WAREHOUSE].extra = facts
    return facts

"""What a task says of the version that it published."""

from typing import TYPE_CHECKING

from airflow.sdk import get_current_context

from sighten_airflow.dag_defaults import Counts
from sighten_airflow.tenant import Tenant

if TYPE_CHECKING:
    from sighten_warehouse.publish.version import Version


def announce_version(version: "Version", tenant: Tenant) -> Counts:
    """Add the version and its row counts to this task's event of the tenant's warehouse; return them for XCom."""
    facts: dict[str, Counts] = {"version": version.version, "rows": dict(version.tables)}
    get_current_context()["outlet_events"][tenant.warehouse].extra = facts
    return facts

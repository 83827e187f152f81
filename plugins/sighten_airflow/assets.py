"""The assets of an installation without tenants, for DAGs of your own.

With SIGHTEN_TENANTS this module cannot be imported: `Tenant("acme").warehouse` of `sighten_airflow.tenant` is one's.
"""

from sighten_airflow.tenant import Tenant

_ONLY = Tenant()
LANDING = _ONLY.landing
HISTORY = _ONLY.history
WAREHOUSE = _ONLY.warehouse

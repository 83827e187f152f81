"""### Say which tenants cannot be used

This file makes no DAG. If the settings of a tenant are wrong, its import error in Airflow names the tenant, the setting
and what was expected; the DAGs of the other tenants are in other files and go on. Also: `sighten-warehouse tenants`.
"""

from sighten_airflow.broken_tenants import refuse_broken_tenants

refuse_broken_tenants()

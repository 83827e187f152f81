"""What the stack's Airflow is told of the simulated Sighten, in the environment of its processes alone."""

import json

from devstack.credentials import Credentials
from devstack.plan import Plan

# The simulated Sighten is nobody's production: what a real one bears says nothing here, and a person waits.
CALLS_A_SECOND = 150
CALLS_AT_ONCE = 8


def simulated_api(plan: Plan, credentials: Credentials) -> dict[str, str]:
    """The environment that makes Airflow ask the simulated Sighten; its token is this machine's own."""
    connection = {
        "conn_type": "sighten",
        "host": plan.simulator.url,
        "password": credentials.simulator_token,
        "extra": {"rate": CALLS_A_SECOND, "concurrency": CALLS_AT_ONCE},
    }
    return {
        "AIRFLOW_CONN_SIGHTEN_DEFAULT": json.dumps(connection),
        "SIGHTEN_DAL_METRICS": str(plan.settings.dal_metrics or ""),
    }

"""Airflow's configuration as environment variables, which override its configuration file."""

import json
import os
from collections.abc import Mapping

from devstack.credentials import ADMIN, Credentials
from devstack.plan import REPOSITORY, Plan
from devstack.ports import LOOPBACK
from devstack.postgres import VARIABLE

MIN_PARALLELISM, MAX_PARALLELISM = 4, 8  # tasks; each is a process
# The simulated Sighten can take more than the real one, and a person waits.
CALLS_PER_SECOND = 150
CONCURRENT_CALLS = 8
# The DAGs of the package, as in any Airflow, and those that somebody puts into `dags/` in the stack's home.
DAG_BUNDLES = (
    {"name": "sighten", "classpath": "sighten_airflow.dag_bundle.SightenDagBundle", "kwargs": {}},
    {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}},
)


def without_airflow(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the settings of any other Airflow."""
    return {name: value for name, value in environ.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))}


def airflow_environment(plan: Plan, credentials: Credentials) -> dict[str, str]:
    """The environment of Airflow's processes, except the warehouse's settings."""
    return {
        "AIRFLOW_HOME": str(plan.home),
        **_paths(plan),
        **_secrets(credentials),
        **_tuning(),
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(plan.airflow.number),
        "AIRFLOW__API__BASE_URL": plan.airflow.url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{plan.airflow.url}/execution/",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",  # its one user may do everything anyway
    }


def simulated_api_environment(plan: Plan, credentials: Credentials) -> dict[str, str]:
    """The environment that points Airflow's tasks at the simulated Sighten, with this machine's own token."""
    connection = {
        "conn_type": "sighten",
        "host": plan.simulator.url,
        "password": credentials.simulator_token,
        "extra": {"rate": CALLS_PER_SECOND, "concurrency": CONCURRENT_CALLS},
    }
    return {
        "AIRFLOW_CONN_SIGHTEN_DEFAULT": json.dumps(connection),
        "SIGHTEN_DAL_METRICS": str(plan.settings.dal_metrics or ""),
    }


def _paths(plan: Plan) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(plan.home / "dags"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(DAG_BUNDLES),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        VARIABLE: plan.metadata_url or plan.postgres.url,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(plan.logs / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(plan.logs / "dag_processor"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def _secrets(credentials: Credentials) -> dict[str, str]:
    return {
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.jwt_secret,
        "AIRFLOW__API__SECRET_KEY": credentials.secret_key,
        "AIRFLOW__CORE__FERNET_KEY": credentials.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(credentials.passwords_file),
    }


def _tuning() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": str(max(MIN_PARALLELISM, min(MAX_PARALLELISM, 2 * (os.cpu_count() or 2)))),
        # Only people change DAG files; parsing them over and over is most of an idle Airflow's work.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # Airflow can miss the end of a task's process, and keeps its slot until the next heartbeat.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
        # Find a task whose process was killed after one minute instead of five.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    }

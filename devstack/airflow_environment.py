"""All of Airflow's configuration that matters here, as environment variables: they overrule its configuration file."""

import os
from collections.abc import Mapping

from devstack.credentials import ADMIN, Credentials
from devstack.plan import REPOSITORY, Plan
from devstack.ports import LOOPBACK

LEAST_AT_ONCE, MOST_AT_ONCE = 4, 8  # tasks; each is a process


def without_airflow(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment less what a person may have set for another Airflow."""
    return {name: value for name, value in environ.items() if not name.startswith(("AIRFLOW_", "_AIRFLOW_"))}


def airflow_environment(plan: Plan, credentials: Credentials) -> dict[str, str]:
    """What Airflow's processes need in their environment, beside the warehouse's settings."""
    return {
        "AIRFLOW_HOME": str(plan.home),
        **_places(plan),
        **_trust(credentials),
        **_pace(),
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(plan.airflow.number),
        "AIRFLOW__API__BASE_URL": plan.airflow.url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{plan.airflow.url}/execution/",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",  # its one user may do everything anyway
    }


def _places(plan: Plan) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{plan.home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(plan.logs / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(plan.logs / "dag_processor"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def _trust(credentials: Credentials) -> dict[str, str]:
    return {
        "AIRFLOW__API_AUTH__JWT_SECRET": credentials.jwt_secret,
        "AIRFLOW__API__SECRET_KEY": credentials.secret_key,
        "AIRFLOW__CORE__FERNET_KEY": credentials.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(credentials.passwords_file),
    }


def _pace() -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__PARALLELISM": str(max(LEAST_AT_ONCE, min(MOST_AT_ONCE, 2 * (os.cpu_count() or 2)))),
        # DAG files change by hand only; reading them again and again is most of an idle Airflow's work.
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # Airflow can miss the end of a task's process, and holds its place until it looks for a heartbeat again.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
        # A task whose process was killed is found after a minute rather than after five.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
    }

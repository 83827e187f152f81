"""A task that prints its token in every way it can, run as LocalExecutor runs it: supervised, in its own process."""

import json
import multiprocessing
import os
import sys
from pathlib import Path
from textwrap import dedent
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.airflow
TOKEN = "the-token-that-no-log-may-hold"  # noqa: S105  (used nowhere)
NOW = "2026-11-23T12:00:00Z"
SECONDS = 60
LEAKS = dedent("""
    import logging, sys
    import structlog
    from airflow.sdk import dag, task

    @dag(schedule=None)
    def leaks():
        @task
        def leak():
            from sighten_airflow.hook import SightenHook

            token = SightenHook().settings().api_token.value
            print("printed", token)
            print("complained", token, file=sys.stderr)
            logging.getLogger("any").warning("logged %s", token)
            structlog.get_logger().warning("structured", nested={"deep": [token]})
            raise ValueError(f"raised {token}")

        leak()

    leaks()
""")
WORDS = ("printed", "complained", "logged", "structured", "raised")
AS_CONNECTION = {
    "AIRFLOW_CONN_SIGHTEN_DEFAULT": json.dumps(
        {"conn_type": "sighten", "host": "https://engine.example.com", "password": TOKEN}
    )
}
AS_ENVIRONMENT = {"SIGHTEN_API_URL": "https://engine.example.com", "SIGHTEN_API_TOKEN": TOKEN}


def execution_api(request: httpx.Request) -> httpx.Response:
    """Answer a supervisor as Airflow's API server does for a task that may run."""
    if request.url.path.endswith("/run"):
        run = {
            "dag_id": "leaks",
            "run_id": "one",
            "run_type": "manual",
            "state": "running",
            "consumed_asset_events": [],
            **dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end", "run_after"), NOW),
            "start_date": NOW,
            "end_date": None,
            "partition_key": None,
        }
        return httpx.Response(200, json={"dag_run": run, "max_tries": 0, "should_retry": False})
    if request.method == "GET":
        return httpx.Response(404, json={"detail": {"reason": "not_found", "message": "no such connection"}})
    return httpx.Response(204)


def supervise(dag_file: Path, output: Path, environment: dict[str, str]) -> None:
    from airflow import settings  # noqa: PLC0415  (in the process that is forked)
    from airflow.executors.workloads import BundleInfo  # noqa: PLC0415
    from airflow.sdk.api.client import Client  # noqa: PLC0415
    from airflow.sdk.api.datamodels._generated import TaskInstance  # noqa: PLC0415
    from airflow.sdk.execution_time.supervisor import supervise_task  # noqa: PLC0415

    os.environ |= environment
    sys.stdout = output.open("w", buffering=1)  # and configure logging as a scheduler does
    settings.configure_logging()
    settings.configure_action_logging()
    names = {"dag_id": "leaks", "task_id": "leak", "run_id": "one", "try_number": 1, "map_index": -1}
    supervise_task(
        ti=TaskInstance(id=uuid4(), dag_version_id=uuid4(), **names),
        bundle_info=BundleInfo(name="dags-folder"),
        dag_rel_path=dag_file,
        token="",
        log_path=str(output.with_suffix(".task.log")),
        subprocess_logs_to_stdout=True,  # as LocalExecutor does
        client=Client(base_url="http://execution", token="", transport=httpx.MockTransport(execution_api)),
    )


@pytest.mark.parametrize("environment", [AS_CONNECTION, AS_ENVIRONMENT], ids=["connection", "environment"])
@pytest.mark.usefixtures("dags", "settings")
def test_a_token_is_masked_in_the_log_of_the_task_and_of_the_scheduler(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "leaks.py").write_text(LEAKS)
    output = tmp_path / "scheduler.log"
    process = multiprocessing.get_context("fork").Process(
        target=supervise, args=(tmp_path / "leaks.py", output, environment)
    )

    process.start()
    process.join(SECONDS)

    logs = [path.read_text() for path in (output, output.with_suffix(".task.log"))]
    assert 0 == process.exitcode, logs
    for log in logs:
        assert [] == [word for word in WORDS if word not in log], log
        assert TOKEN not in log

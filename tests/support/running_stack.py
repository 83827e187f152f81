"""A running stack, and the requests that tests send to it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import requests

from devstack.waiting import wait_until
from sighten_warehouse.settings import Settings

MILESTONES, PAST = 3, 90  # delivered; only in the API
REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "include/sighten_simulator/world/sample_milestone.verbatim.txt"
SAMPLE_ID = b"7a605ec8-d276-4d6c-bd47-52a483e28783"
RETRYABLE = ("database is locked", "Database migration required", "DagNotFound")


@dataclass(frozen=True)
class RunningStack:
    """`python -m devstack` after its first publish."""

    process: subprocess.Popen[bytes]
    home: Path
    settings: Settings
    receiver_url: str
    simulator_url: str
    airflow_url: str
    output: Path

    def deliver(self, milestone_id: str) -> int:
        """Deliver the sample with another milestone id; return the HTTP status."""
        body = SAMPLE.read_bytes().replace(SAMPLE_ID, milestone_id.encode())
        return requests.post(f"{self.receiver_url}/webhooks/sighten", data=body, timeout=30).status_code

    def published(self) -> set[str]:
        """The ids of all published milestones."""
        return {milestone_id for (milestone_id,) in self.rows("select milestone_id from milestones")}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the published version."""
        with duckdb.connect(str(self.settings.layout.warehouse_file), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    def test_connection(self, connection_id: str) -> dict[str, Any]:
        """Press the Test button of a stored connection."""
        return self.call_airflow("POST", "connections/test", {"connection_id": connection_id, "conn_type": "sighten"})

    def call_airflow(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call Airflow's REST API as its UI does, and return the response.

        Retries where a task was writing to SQLite while the server recorded the call.
        """
        password = json.loads((self.home / "passwords.json").read_text())["admin"]
        user = {"username": "admin", "password": password}
        token = requests.post(f"{self.airflow_url}/auth/token", json=user, timeout=30).json()["access_token"]
        url, headers = f"{self.airflow_url}/api/v2/{path}", {"Authorization": f"Bearer {token}"}
        responses: list[requests.Response] = []

        def is_answered() -> bool:
            responses.append(requests.request(method, url, json=body, headers=headers, timeout=60))
            return "Database error" not in responses[-1].text

        wait_until(is_answered, what=f"a response to {method} {path}", seconds=60)
        assert responses[-1].ok, responses[-1].text
        content: dict[str, Any] = responses[-1].json()
        return content

    def airflow(self, *arguments: str) -> None:
        """Run an Airflow command at a terminal, as docs/runbook.md shows.

        Retries while SQLite is locked, which Airflow may report as missing tables, and while Airflow has not read the
        DAG.
        """
        airflow = {"AIRFLOW_HOME": str(self.home), "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins")}
        command = [sys.executable, "-m", "airflow", *arguments]

        def is_done() -> bool:
            process = subprocess.run(command, env=os.environ | airflow, capture_output=True, text=True, check=False)
            output = process.stdout + process.stderr
            assert process.returncode == 0 or any(reason in output for reason in RETRYABLE), output
            return process.returncode == 0

        wait_until(is_done, what=f"airflow {arguments[0]}", seconds=60)

    def calls(self) -> dict[str, Any]:
        """The simulated Sighten's journal of requests."""
        journal: dict[str, Any] = requests.get(f"{self.simulator_url}/simulator/journal", timeout=30).json()
        return journal

"""A running stack, and the requests that tests send to it."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import requests

from devstack.postgres import VARIABLE, Postgres
from sighten_warehouse.settings import Settings

MILESTONES, PAST = 3, 90  # delivered; only in the API
REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "include/sighten_simulator/world/sample_milestone.verbatim.txt"
SAMPLE_ID = b"7a605ec8-d276-4d6c-bd47-52a483e28783"


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
        """Call Airflow's REST API as its UI does, and return the response."""
        password = json.loads((self.home / "passwords.json").read_text())["admin"]
        user = {"username": "admin", "password": password}
        token = requests.post(f"{self.airflow_url}/auth/token", json=user, timeout=30).json()["access_token"]
        url, headers = f"{self.airflow_url}/api/v2/{path}", {"Authorization": f"Bearer {token}"}
        response = requests.request(method, url, json=body, headers=headers, timeout=60)
        assert response.ok, response.text
        content: dict[str, Any] = response.json()
        return content

    def airflow(self, *arguments: str) -> None:
        """Run an Airflow command by the image's entry point, in the words of the official Helm chart."""
        airflow = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            VARIABLE: Postgres(self.home).url,
        }
        command = [REPOSITORY / "deploy/entrypoint.sh", "bash", "-c", f"exec airflow {shlex.join(arguments)}"]
        process = subprocess.run(command, env=os.environ | airflow, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr

    def calls(self) -> dict[str, Any]:
        """The simulated Sighten's journal of requests."""
        journal: dict[str, Any] = requests.get(f"{self.simulator_url}/simulator/journal", timeout=30).json()
        return journal

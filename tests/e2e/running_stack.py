"""A stack that serves, and what a test asks it."""

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

MILESTONES, PAST = 3, 90  # that are delivered, and that only the API knows
REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "include/sighten_warehouse/simulator/sample_milestone.verbatim.txt"
SAMPLE_ID = b"7a605ec8-d276-4d6c-bd47-52a483e28783"
NOT_NOW = ("database is locked", "Database migration required", "DagNotFound")


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
        """Deliver the sample under another milestone's id; returns the status of the answer."""
        body = SAMPLE.read_bytes().replace(SAMPLE_ID, milestone_id.encode())
        return requests.post(f"{self.receiver_url}/webhooks/sighten", data=body, timeout=30).status_code

    def published(self) -> set[str]:
        """The ids of all published milestones."""
        return {milestone_id for (milestone_id,) in self.rows("select milestone_id from milestones")}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the published version answers."""
        with duckdb.connect(str(self.settings.layout.warehouse_file), read_only=True) as warehouse:
            return warehouse.execute(sql).fetchall()

    def test_connection(self, connection_id: str) -> dict[str, Any]:
        """What Airflow's API server answers to the Test button of a connection that it knows."""
        return self.ask_airflow("POST", "connections/test", {"connection_id": connection_id, "conn_type": "sighten"})

    def ask_airflow(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What Airflow's API server answers to its one user, as its UI asks it.

        Asked again, as a person would, where a task was writing to SQLite while it noted down who asked.
        """
        password = json.loads((self.home / "passwords.json").read_text())["admin"]
        user = {"username": "admin", "password": password}
        token = requests.post(f"{self.airflow_url}/auth/token", json=user, timeout=30).json()["access_token"]
        url, headers = f"{self.airflow_url}/api/v2/{path}", {"Authorization": f"Bearer {token}"}
        answers: list[requests.Response] = []

        def is_answered() -> bool:
            answers.append(requests.request(method, url, json=body, headers=headers, timeout=60))
            return "Database error" not in answers[-1].text

        wait_until(is_answered, what=f"an answer to {method} {path}", seconds=60)
        assert answers[-1].ok, answers[-1].text
        answer: dict[str, Any] = answers[-1].json()
        return answer

    def airflow(self, *arguments: str) -> None:
        """Give Airflow a command at a terminal, as docs/runbook.md shows it.

        It is given again while SQLite has no room for it, which Airflow may take for tables that are missing, and while
        Airflow has not read the DAG it names.
        """
        airflow = {"AIRFLOW_HOME": str(self.home), "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins")}
        command = [sys.executable, "-m", "airflow", *arguments]

        def is_done() -> bool:
            ended = subprocess.run(command, env=os.environ | airflow, capture_output=True, text=True, check=False)
            said = ended.stdout + ended.stderr
            assert ended.returncode == 0 or any(reason in said for reason in NOT_NOW), said
            return ended.returncode == 0

        wait_until(is_done, what=f"airflow {arguments[0]}", seconds=60)

    def calls(self) -> dict[str, Any]:
        """What the simulated Sighten was asked."""
        journal: dict[str, Any] = requests.get(f"{self.simulator_url}/simulator/journal", timeout=30).json()
        return journal

"""Superset as a process of its own, from .venv/superset, with SQLite for its metadata; and its REST API."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from devstack.waiting import wait_until

PROGRAM = Path(".venv/superset/bin/superset").absolute()
SECONDS = 300  # its commands take half a minute each on two cores
CONFIG = """
SECRET_KEY = {key!r}
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
TALISMAN_ENABLED = False  # it would send browsers to HTTPS
WTF_CSRF_ENABLED = False
"""


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Superset:
    """A running Superset; `ask` calls its API as an administrator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._password = secrets.token_urlsafe()
        self._session = requests.Session()
        self.url = f"http://127.0.0.1:{_free_port()}"
        config = folder / "superset_config.py"
        config.write_text(CONFIG.format(key=secrets.token_urlsafe(42), folder=folder))
        own = {"SUPERSET_CONFIG_PATH": str(config), "SUPERSET_HOME": str(folder), "FLASK_APP": "superset"}
        self._environment = os.environ | own

    def run(self, *command: str) -> None:
        """Run one of its commands, and fail with its output if it fails."""
        done = subprocess.run(
            [PROGRAM, *command],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert 0 == done.returncode, done.stdout[-3000:]

    def prepare(self) -> None:
        """Make its metadata, its roles and a user."""
        names = ("--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "admin@example.com")
        self.run("db", "upgrade")
        self.run("init")
        self.run("fab", "create-admin", *names, "--password", self._password)

    def ask(self, method: str, path: str, **content: Any) -> Any:
        """The JSON answer."""
        answer = self._session.request(method, f"{self.url}/api/v1/{path}", timeout=SECONDS, **content)
        assert 200 == answer.status_code, f"{path}: {answer.text[:2000]}"
        return answer.json()

    def chart_data(self, chart: dict[str, Any]) -> dict[str, Any]:
        """What the chart shows: columns in `colnames`, rows in `data`."""
        data: dict[str, Any] = self.ask("GET", f"chart/{chart['id']}/data/")["result"][0]
        return data

    def sql_lab(self, database: int, sql: str) -> Any:
        """What SQL Lab shows for a query."""
        query = {"database_id": database, "sql": sql, "schema": "main", "runAsync": False, "queryLimit": 5000}
        return self.ask("POST", "sqllab/execute/", json=query | {"client_id": f"{time.time_ns()}"[-11:]})

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve, and log in."""
        with (self._folder / "log").open("wb") as log:
            port = self.url.rpartition(":")[2]
            process = subprocess.Popen(
                [PROGRAM, "run", "-h", "127.0.0.1", "-p", port], env=self._environment, stdout=log, stderr=log
            )
            try:
                wait_until(self._is_up, what="Superset", seconds=SECONDS)
                login = {"username": "admin", "password": self._password, "provider": "db"}
                token = self.ask("POST", "security/login", json=login)["access_token"]
                self._session.headers["Authorization"] = f"Bearer {token}"
                yield
            finally:
                process.terminate()
                process.wait(60)

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.url}/health", timeout=5).ok
        except requests.ConnectionError:
            return False

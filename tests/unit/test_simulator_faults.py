"""What goes wrong on purpose, the page that shows it, and the command that serves it all."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from click.testing import CliRunner
from starlette.applications import Starlette

from sighten_warehouse.cli.simulate import simulate
from sighten_warehouse.simulator.api import build_api
from sighten_warehouse.simulator.faults import Faults
from sighten_warehouse.simulator.lives import Simulation, lives
from sighten_warehouse.simulator.serve import served

TOKEN = "the-only-one"  # noqa: S105  (of a server that lives as long as a test)


def _get(address: str, path: str, *, token: str = TOKEN) -> requests.Response:
    return requests.get(address + path, headers={"Authorization": f"Token {token}"}, timeout=10)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(4, 3)


def _statuses(app: Starlette, number: int) -> list[int]:
    with served(app) as address:
        return [_get(address, "/api/v1/site/").status_code for _ in range(number)]


def test_by_default_nothing_goes_wrong(simulation: Simulation) -> None:
    assert {200} == set(_statuses(build_api(simulation), 60))


def test_faults_come_as_often_as_asked_for_and_by_the_seed(simulation: Simulation) -> None:
    faults = Faults(too_many=0.3, server_error=0.2)

    statuses = _statuses(build_api(simulation, faults=faults), 60)
    again = _statuses(build_api(simulation, faults=faults), 60)

    assert {200, 429, 500} == set(statuses)
    assert statuses == again


def test_a_429_says_when_to_come_again(simulation: Simulation) -> None:
    with served(build_api(simulation, faults=Faults(too_many=1))) as address:
        answer = _get(address, "/api/v1/site/")
        health = _get(address, "/healthz")

    assert 429 == answer.status_code
    assert "1" == answer.headers["retry-after"]
    assert 200 == health.status_code


def test_a_slow_answer_comes_right_but_late(simulation: Simulation) -> None:
    with served(build_api(simulation, faults=Faults(slow=1, slow_s=0.3))) as address:
        answer = _get(address, "/api/v1/site/")

    assert 200 == answer.status_code
    assert answer.elapsed.total_seconds() >= 0.3


def test_shares_of_faults_above_one_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to at most 1"):
        Faults(too_many=0.6, server_error=0.6)


def test_the_page_shows_the_last_50_requests_without_values_or_tokens(simulation: Simulation) -> None:
    with served(build_api(simulation, token=TOKEN)) as address:
        for number in range(60):
            _get(address, f"/api/v1/site/?site_id=secret-{number}")
        _get(address, "/api/<script>alert(1)</script>")
        page = requests.get(address, timeout=10).text

    assert "Last requests (50 of 61)" in page
    assert "/api/v1/site/?site_id=…" in page
    assert "secret-" not in page
    assert TOKEN not in page
    assert "<script>" not in page


def test_the_page_needs_nothing_from_elsewhere(simulation: Simulation) -> None:
    with served(build_api(simulation)) as address:
        page = requests.get(address, timeout=10).text

    assert "None yet." in page
    assert not [word for word in ("http://", "https://", "src=", "<link", "@import") if word in page]


@contextmanager
def _command(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command while it serves, and the line that it printed."""
    command = [sys.executable, "-c", "from sighten_warehouse.cli import main; main()", "simulate", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_line_serves_on_loopback_and_ends_well_when_told(number: signal.Signals) -> None:
    with _command("--port", "0", "--milestones", "6", "--seed", "2", "--token", TOKEN) as (process, line):
        address = line.split()[3]
        answer = _get(address, "/api/v1/milestone/")
        refused = _get(address, "/api/v1/milestone/", token=f"not-{TOKEN}")
        process.send_signal(number)
        rest, _ = process.communicate(timeout=10)

    assert f"Simulated Sighten at {address} (6 milestones, seed 2)\n" == line
    assert address.startswith("http://127.0.0.1:")
    assert 7 == answer.json()["count"]
    assert 401 == refused.status_code
    assert "" == rest
    assert 0 == process.returncode


def test_a_port_that_is_taken_is_wrong_use_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = CliRunner().invoke(simulate, ["serve", "--port", port])

    assert 2 == result.exit_code
    assert f"{port} on 127.0.0.1: Address already in use; choose another" in result.stderr


def test_faults_that_cannot_be_are_wrong_use() -> None:
    result = CliRunner().invoke(simulate, ["serve", "--port", "0", "--fault-429", "0.8", "--fault-500", "0.8"])

    assert 2 == result.exit_code
    assert "add up to at most 1" in result.stderr

"""What goes wrong on purpose, the page that shows it, and the command that serves it all."""

import logging
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from starlette.applications import Starlette

from asgi_calls import AsgiAnswer, ask
from sighten_simulator.api.app import build_api
from sighten_simulator.api.faults import Faults
from sighten_simulator.serve import served
from sighten_simulator.world.lives import Simulation, lives
from sighten_warehouse.cli.simulate import simulate

SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
TOKEN = "the-only-one"  # noqa: S105  (of a server that lives as long as a test)


def _get(address: str, path: str, *, token: str = TOKEN) -> requests.Response:
    return requests.get(address + path, headers={"Authorization": f"Token {token}"}, timeout=10)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(4, 3)


def _statuses(app: Starlette, number: int) -> list[int]:
    return [ask(app, "/api/v1/site/").status for _ in range(number)]


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


def _asked(simulation: Simulation, path: str = "/api/v1/site/", **faults: Any) -> AsgiAnswer:
    return ask(build_api(simulation, faults=Faults(**faults)), path, metrics="site_id")


def test_a_429_may_say_a_date_or_nothing(simulation: Simulation) -> None:
    began = datetime.now(UTC)
    date, nothing = (_asked(simulation, too_many=1, retry_after=way) for way in ("date", "none"))
    ended = datetime.now(UTC)

    at = parsedate_to_datetime(date.headers["retry-after"])
    assert began - timedelta(seconds=1) <= at - timedelta(seconds=1) <= ended
    assert "retry-after" not in nothing.headers


def test_an_answer_may_be_cut_off_broken_a_page_or_nothing(simulation: Simulation) -> None:
    right = _asked(simulation)
    cut_off, broken = _asked(simulation, truncated=1), _asked(simulation, broken_json=1)
    page, nothing = _asked(simulation, html=1), _asked(simulation, empty=1)

    half = right.body[: len(right.body) // 2]
    assert {200} == {answer.status for answer in (cut_off, broken, page, nothing)}
    assert (half, False, str(len(right.body))) == (
        cut_off.body,
        cut_off.is_complete,
        cut_off.headers["content-length"],
    )
    assert (half, True, str(len(half))) == (broken.body, broken.is_complete, broken.headers["content-length"])
    assert "application/json" == broken.headers["content-type"]
    assert page.body.startswith(b"<!doctype html>")
    assert page.headers["content-type"].startswith("text/html")
    assert (b"", "0") == (nothing.body, nothing.headers["content-length"])


def test_a_token_may_be_forbidden_everything(simulation: Simulation) -> None:
    assert 403 == _asked(simulation, forbidden=1).status


def test_a_cut_off_answer_ends_its_connection_and_nobody_complains_of_it(
    simulation: Simulation, caplog: pytest.LogCaptureFixture
) -> None:
    with served(build_api(simulation, faults=Faults(truncated=1))) as address, pytest.raises(requests.RequestException):
        _get(address, "/api/v1/site/")

    assert [] == [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_an_error_inside_a_200_stands_in_status_code_or_in_messages_and_only_in_the_dal(
    simulation: Simulation,
) -> None:
    app = build_api(simulation, faults=Faults(in_band=1))

    bodies = [ask(app, "/api/data/site/", metrics="site_id").json() for _ in range(20)]
    listed = ask(app, "/api/v1/site/")

    places = {(body["status_code"], *(level for level, said in body["messages"].items() if said)) for body in bodies}
    assert {(500, "error"), (200, "error"), (200, "critical")} == places
    assert 2 == listed.json()["count"]


def test_faults_can_be_kept_to_some_paths(simulation: Simulation) -> None:
    app = build_api(simulation, faults=Faults(server_error=1, below="/api/data/"))

    assert [200, 500] == [ask(app, path).status for path in ("/api/v1/site/", "/api/data/site/")]


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
    assert "200: 60" in page
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


def test_an_organization_that_is_not_there_is_wrong_use_and_the_others_are_named() -> None:
    result = CliRunner().invoke(simulate, ["serve", "--port", "0", "--user", "token", "Nobody"])

    assert 2 == result.exit_code
    assert "organization 'Nobody': expected one of Sunward Installers, Mesa & Pine Energy" in result.stderr


def test_every_switch_of_the_command_reaches_what_it_switches() -> None:
    options = [
        *("--now", "2025-06-01", "--user", "own", "Clarté Solaire", "--fault-in-band", "1", "--slashes", "with"),
        *("--refuse-metric", "battery_model", "--redirects", "1", "--trouble", "missing", "1", "--trouble-tries", "1"),
    ]

    with _command("--port", "0", "--milestones", "150", "--token", TOKEN, *options) as (_, line):
        address = line.split()[3]
        told = requests.get(f"{address}/simulator/time", timeout=10).json()
        counts = [_get(address, "/api/v1/site/", token=token).json()["count"] for token in (TOKEN, "own")]
        in_band = _get(address, "/api/data/site/?metrics=site_id").json()
        answers = [_get(address, f"/api/v1/document/{SAMPLE_DOCUMENT}/download/") for _ in range(2)]
        without_slash = _get(address, "/api/v1/site")

    assert "2025-06-01T00:00:00Z" == told["now"]
    assert 0 < counts[1] < counts[0] < 51
    assert any(in_band["messages"].values())
    assert [404, 200] == [answer.status_code for answer in answers]
    assert [302] == [hop.status_code for hop in answers[1].history]
    assert 404 == without_slash.status_code


def test_faults_that_cannot_be_are_wrong_use() -> None:
    result = CliRunner().invoke(simulate, ["serve", "--port", "0", "--fault-429", "0.8", "--fault-500", "0.8"])

    assert 2 == result.exit_code
    assert "add up to at most 1" in result.stderr

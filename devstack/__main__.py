"""`python -m devstack`: start everything, print the result, serve until stopped."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from devstack.credentials import ADMIN, read_or_make_credentials
from devstack.errors import StackError, WrongUseError
from devstack.plan import Plan, locked_home, read_plan
from devstack.ports import require_free
from devstack.postgres import require_postgres
from devstack.process_marks import end_marked
from devstack.processes import KILL_SECONDS
from devstack.progress import Progress
from devstack.reaper import start_reaper
from devstack.stack import Stack, make_stack
from devstack.steps import bring_up, serve_until_stopped
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.report.summary import render, summarise

OWNER_ONLY = 0o077
FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130
NEXT_ALONE = "Next: `make notebook`, or SQL: .venv/bin/sighten-warehouse query 'from marts.approval_cycles limit 5'"
NEXT = f"{NEXT_ALONE}\nin another terminal. It serves until Ctrl-C."


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="Stop after the first result instead of serving until Ctrl-C.")
@click.option("--milestones", default=300, show_default=True, help="Number of simulated milestones to deliver.")
@click.option("--past", default=30, show_default=True, help="Further milestones that only the API has, for a backfill.")
def main(*, once: bool, milestones: int, past: int) -> None:
    r"""Run a simulated Sighten, the receiver and Airflow on this machine.

    \b
    SIGHTEN_HOME, SIGHTEN_ENV   folder of the warehouse (./data)
    SIGHTEN_RECEIVER_PORT       port of the receiver (8088)
    STACK_AIRFLOW_PORT          port of Airflow's API server and UI (8080)
    STACK_SIMULATOR_PORT        port of the simulated Sighten (8090)
    STACK_HOME                  folder of Airflow's files, logs and secrets (./.airflow)
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
                                a database of your own for Airflow's metadata

    \b
    Example:
      python -m devstack --once
    """
    set_stop_handler(signal.default_int_handler)
    os.umask(OWNER_ONLY)  # for every process that it starts: deliveries, documents and secrets are this user's alone
    try:
        run(read_plan(os.environ, milestones=milestones, past=past), once=once)
    except WrongUseError as error:
        print_error(error)
        sys.exit(WRONG_USE)
    except (StackError, WarehouseError) as error:
        print_error(error)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def set_stop_handler(handler: Callable[..., Any] | signal.Handlers) -> None:
    """Handle Ctrl-C, a service manager's SIGTERM and a closed terminal alike."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def print_error(error: Exception) -> None:
    """Print the error to stderr."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {error}")


def run(plan: Plan, *, once: bool) -> None:
    """Start the stack, print the result, and serve until stopped; no process outlives this call.

    Raises:
        StackError: a step failed, or a process died.
        WarehouseError: landing, history or versions cannot be read.
        KeyboardInterrupt: it was stopped before the first result.
    """
    console = Console(soft_wrap=True)
    if not plan.metadata_url:
        require_postgres()
    with locked_home(plan.home):
        end_marked(plan.mark, grace_seconds=KILL_SECONDS)  # processes that a crashed run left behind
        require_free(plan.ports)
        stack = make_stack(plan, read_or_make_credentials(plan.home), Progress(console))
        with reaped(plan.mark), stopped_on_exit(stack):
            bring_up(stack)
            console.print(render(summarise(plan.settings)))
            print_places(console, places_after_stop(plan) if once else places_while_serving(stack))
            if not once:
                console.print(NEXT, markup=False, highlight=False)
                serve_until_stopped(stack)
    if once:
        console.print(NEXT_ALONE, markup=False, highlight=False)


@contextmanager
def reaped(mark: str) -> Iterator[None]:
    """Run a reaper that ends all marked processes, even if this process is killed."""
    reaper = start_reaper(mark)
    try:
        yield
    finally:
        reaper.communicate()


@contextmanager
def stopped_on_exit(stack: Stack) -> Iterator[None]:
    """Stop every process on exit; signals do not interrupt that."""
    try:
        yield
    finally:
        set_stop_handler(signal.SIG_IGN)
        with stack.progress.step("stopping", done="everything is stopped"):
            stack.stop()


def places_while_serving(stack: Stack) -> dict[str, str]:
    """Where to look while the stack serves."""
    plan = stack.plan
    return {
        "Airflow": f"{plan.airflow.url}  (user {ADMIN}, password in {stack.credentials.passwords_file})",
        "report": f"{plan.airflow.url}/plugin/sighten-report  (without Airflow: sighten-warehouse report --open)",
        "receiver": f"{plan.receiver.url}/webhooks/sighten",
        "logs": str(plan.logs),
    }


def places_after_stop(plan: Plan) -> dict[str, str]:
    """Where to look once nothing listens any more."""
    return {"report": ".venv/bin/sighten-warehouse report --open", "logs": str(plan.logs)}


def print_places(console: Console, places: dict[str, str]) -> None:
    """Print a line for each."""
    for name, value in places.items():
        console.print(f"{name:<9} {value}", markup=False, highlight=False)


if __name__ == "__main__":
    main()

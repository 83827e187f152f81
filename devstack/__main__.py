"""`python -m devstack`: bring everything up, say what a person wants to know, serve until stopped."""

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
from devstack.plan import Plan, held_alone, read_plan
from devstack.ports import refuse_taken
from devstack.process_marks import end_marked
from devstack.processes import KILL_SECONDS
from devstack.progress import Progress
from devstack.reaper import start_reaper
from devstack.stack import Stack, make_stack
from devstack.steps import bring_up, serve_until_stopped
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.summary import render, summarise

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--once", is_flag=True, help="End after the first result instead of serving until Ctrl-C.")
@click.option("--milestones", default=300, show_default=True, help="How many simulated milestones are delivered.")
@click.option("--past", default=30, show_default=True, help="How many more only the API knows, for a backfill.")
def main(*, once: bool, milestones: int, past: int) -> None:
    r"""A simulated Sighten, the receiver and Airflow, working together on this machine.

    \b
    SIGHTEN_HOME, SIGHTEN_ENV   where the warehouse lies (./data)
    SIGHTEN_RECEIVER_PORT       the receiver (8088)
    STACK_AIRFLOW_PORT          Airflow's API server and UI (8080)
    STACK_SIMULATOR_PORT        the simulated Sighten (8090)
    STACK_HOME                  Airflow's own files, logs and secrets (./.airflow)

    \b
    Example:
      python -m devstack --once
    """
    on_every_end(signal.default_int_handler)
    try:
        run(read_plan(os.environ, milestones=milestones, past=past), once=once)
    except WrongUseError as error:
        complain(error)
        sys.exit(WRONG_USE)
    except (StackError, WarehouseError) as error:
        complain(error)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def on_every_end(handler: Callable[..., Any] | signal.Handlers) -> None:
    """What happens at Ctrl-C, when a service manager stops us, and when the terminal is closed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def complain(error: Exception) -> None:
    """The error, for a person."""
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {error}")


def run(plan: Plan, *, once: bool) -> None:
    """Bring the stack up, print what came of it, and serve until it is stopped; nothing it started is left.

    Raises:
        StackError: it could not be brought up, or a process died.
        WarehouseError: landing, history and versions cannot be read.
        KeyboardInterrupt: it was stopped before the first result.
    """
    console = Console(soft_wrap=True)
    with held_alone(plan.home):
        end_marked(plan.mark, grace_seconds=KILL_SECONDS)  # what a crashed earlier run left behind
        refuse_taken(plan.ports)
        stack = make_stack(plan, read_or_make_credentials(plan.home), Progress(console))
        with watched_over(plan.mark), stopped_at_last(stack):
            bring_up(stack)
            say_result(stack, console)
            if not once:
                serve_until_stopped(stack)


@contextmanager
def watched_over(mark: str) -> Iterator[None]:
    """Should this process be killed, whatever carries the mark is ended all the same."""
    reaper = start_reaper(mark)
    try:
        yield
    finally:
        reaper.communicate()


@contextmanager
def stopped_at_last(stack: Stack) -> Iterator[None]:
    """Everything that was started is stopped at the end, and that is not interrupted."""
    try:
        yield
    finally:
        on_every_end(signal.SIG_IGN)
        with stack.progress.step("stopping", done="everything is stopped"):
            stack.stop()


def say_result(stack: Stack, console: Console) -> None:
    """What a person wants to know after the first publish."""
    plan = stack.plan
    console.print(render(summarise(plan.settings)))
    for name, value in {
        "Airflow": f"{plan.airflow.url}  (user {ADMIN}, password in {stack.credentials.passwords_file})",
        "report": f"{plan.airflow.url}/plugin/sighten-report  (without Airflow: sighten-warehouse report --open)",
        "receiver": f"{plan.receiver.url}/webhooks/sighten",
        "logs": str(plan.logs),
    }.items():
        console.print(f"{name:<9} {value}", markup=False, highlight=False)


if __name__ == "__main__":
    main()

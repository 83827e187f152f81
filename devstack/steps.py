"""What `make run` does, in order: start, deliver, wait for the first publish, serve."""

import time

from devstack.airflow import start_airflow
from devstack.await_published import await_api_answers, await_deliveries
from devstack.processes import ChildDiedError
from devstack.sighten import finish_deliveries, start_deliveries, start_sighten
from devstack.stack import Stack
from sighten_warehouse.landing.files import landing_files

POLL_SECONDS = 0.5
MAX_RESTARTS = 3


def bring_up(stack: Stack) -> None:
    """Start everything; the published version holds every webhook delivery when this returns.

    It also waits for the API's answers, but only for a while.

    Raises:
        StackError: a step failed, a process died or a deadline passed; the message says which and where to look.
    """
    start_sighten(stack)
    deliveries = start_deliveries(stack)
    start_airflow(stack)
    finish_deliveries(stack, deliveries)
    await_deliveries(stack, frozenset(landing_files(stack.plan.settings.layout.landing)))
    await_api_answers(stack)


def serve_until_stopped(stack: Stack) -> None:
    """Serve until Ctrl-C or SIGTERM; restart Airflow if it dies, while the receiver keeps running.

    Raises:
        StackError: the receiver or the simulated Sighten died, or Airflow died too often.
    """
    stack.progress.print_line("serving; Ctrl-C stops everything")
    restarts = 0
    try:
        while True:
            stack.sighten.check_alive()
            try:
                stack.airflow.check_alive()
            except ChildDiedError as error:
                restarts += 1
                if restarts > MAX_RESTARTS:
                    raise
                restart_airflow(stack, error)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        stack.progress.print_line("stop requested")


def restart_airflow(stack: Stack, error: ChildDiedError) -> None:
    """Restart Airflow after one of its processes died; what lands meanwhile is loaded afterwards.

    Raises:
        StackError: it does not come up.
    """
    stack.progress.print_line(str(error))
    stack.progress.print_line("starting Airflow again; the receiver keeps running")
    stack.airflow.stop()
    start_airflow(stack)

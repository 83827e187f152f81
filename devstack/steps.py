"""What `make run` does, in order: start, deliver, wait for the first publish, serve."""

import time
from collections import Counter

from devstack.airflow import start_api_server, start_rest_of_airflow
from devstack.await_published import await_api_answers, await_deliveries
from devstack.processes import ChildDiedError
from devstack.sighten import SIGHTEN, await_sighten, finish_deliveries, start_deliveries, start_sighten
from devstack.stack import Stack
from sighten_warehouse.landing.files import landing_files

POLL_SECONDS = 0.5
MAX_RESTARTS = 3
AIRFLOW = "airflow"


def bring_up(stack: Stack) -> None:
    """Start everything; the published version holds every webhook delivery when this returns.

    It also waits for the API's answers, but only for a while.

    Raises:
        StackError: a step failed, a process died or a deadline passed; the message says which and where to look.
    """
    start_api_server(stack)
    start_sighten(stack)
    deliveries = start_deliveries(stack)
    start_rest_of_airflow(stack)
    finish_deliveries(stack, deliveries)
    await_deliveries(stack, frozenset(landing_files(stack.plan.settings.layout.landing)))
    await_api_answers(stack)


def serve_until_stopped(stack: Stack) -> None:
    """Serve until Ctrl-C or SIGTERM; restart what dies: the receiver, the simulated Sighten, or Airflow as a whole.

    Raises:
        StackError: one of them died too often.
    """
    restarts: Counter[str] = Counter()
    dead: dict[str, ChildDiedError] = {}
    try:
        while True:
            try:
                restart_dead(stack, dead)
                stack.check_alive()
            except ChildDiedError as error:  # another one may die while one is started
                part = error.name if error.name in SIGHTEN else AIRFLOW
                restarts[part] += 1
                if restarts[part] > MAX_RESTARTS:
                    raise
                dead[part] = error
            else:
                time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        stack.progress.print_line("stop requested")


def restart_dead(stack: Stack, dead: dict[str, ChildDiedError]) -> None:
    """Restart each of those parts, and take it out: Airflow last, since its start ends when another part dies.

    Raises:
        ChildDiedError: a process died meanwhile.
        StackError: a part does not come up.
    """
    for part in sorted(dead, key=AIRFLOW.__eq__):
        restart_airflow(stack, dead[part]) if part == AIRFLOW else restart_sighten(stack, dead[part])
        del dead[part]


def restart_sighten(stack: Stack, error: ChildDiedError) -> None:
    """Restart the receiver or the simulated Sighten; what it had acknowledged is landed.

    Raises:
        StackError: it does not come up.
    """
    stack.progress.print_line(str(error))
    stack.sighten.restart(error.name)
    await_sighten(stack, error.name)
    stack.progress.print_line(f"started {error.name} again")


def restart_airflow(stack: Stack, error: ChildDiedError) -> None:
    """Restart Airflow after one of its processes died; what lands meanwhile is loaded afterwards.

    Raises:
        StackError: it does not come up.
    """
    stack.progress.print_line(str(error))
    stack.progress.print_line("starting Airflow again; the receiver keeps running")
    stack.stop_airflow()
    start_api_server(stack)
    start_rest_of_airflow(stack)

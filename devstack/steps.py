"""What `make run` does, in its order: come up, deliver, wait for the first publish, serve."""

import time
from collections.abc import Set as AbstractSet

from devstack.airflow import start_airflow
from devstack.await_published import await_answers
from devstack.errors import StackError
from devstack.processes import ChildDiedError
from devstack.sighten import finish_delivering, start_delivering, start_sighten
from devstack.stack import Stack
from devstack.waiting import DeadlineError, wait_until
from sighten_warehouse.lake import commits
from sighten_warehouse.landing import landing_files
from sighten_warehouse.settings import Settings
from sighten_warehouse.versions import published_batches

PUBLISH_SECONDS = 300
LOOK_EVERY_SECONDS = 0.5
MOST_RESTARTS = 3


def bring_up(stack: Stack) -> None:
    """Everything runs and the published version holds every webhook's delivery when this returns.

    Answers of the API are waited for too, but not for long.

    Raises:
        StackError: a step failed, a process died or a deadline passed; the message says which and where to look.
    """
    start_sighten(stack)
    delivering = start_delivering(stack)
    start_airflow(stack)
    finish_delivering(stack, delivering)
    await_publish(stack, frozenset(landing_files(stack.plan.settings.layout.landing)))
    await_answers(stack)


def await_publish(stack: Stack, delivered: frozenset[str]) -> None:
    """The published version holds every delivery of those landing files; answers of the API may land meanwhile.

    Raises:
        StackError: it does not in time; the message says where to look.
    """
    settings, tasks = stack.plan.settings, stack.plan.logs / "tasks"
    done = f"published: {settings.layout.warehouse_file}"
    with stack.progress.step("Airflow loads and publishes what was delivered", done=done):
        try:
            wait_until(
                lambda: is_published(settings, delivered),
                what="the first publish that holds every delivery",
                seconds=PUBLISH_SECONDS,
                meanwhile=stack.check_alive,
                every=LOOK_EVERY_SECONDS,
            )
        except DeadlineError as error:
            raise StackError(f"{error}; the logs of load_milestones and publish_warehouse are in {tasks}") from None


def is_published(settings: Settings, names: AbstractSet[str]) -> bool:
    """Whether those landing files are all committed, and their commits published, by whatever version of the code."""
    layout = settings.layout
    if not layout.warehouse_file.exists():
        return False
    published = published_batches(layout)
    held = {name for manifest in commits(layout) if manifest.batch_id in published for name in manifest.landing_files}
    return names <= held


def serve_until_stopped(stack: Stack) -> None:
    """Serve until Ctrl-C or SIGTERM; an Airflow that dies is started again, and the receiver goes on meanwhile.

    Raises:
        StackError: the receiver or the simulated Sighten died, or Airflow once too often.
    """
    stack.progress.say("serving; Ctrl-C stops everything")
    restarts = 0
    try:
        while True:
            stack.sighten.check_alive()
            try:
                stack.airflow.check_alive()
            except ChildDiedError as error:
                restarts += 1
                if restarts > MOST_RESTARTS:
                    raise
                start_airflow_again(stack, error)
            time.sleep(LOOK_EVERY_SECONDS)
    except KeyboardInterrupt:
        stack.progress.say("asked to stop")


def start_airflow_again(stack: Stack, error: ChildDiedError) -> None:
    """Airflow runs again after one of its processes died; nothing that landed meanwhile is lost.

    Raises:
        StackError: it does not come up.
    """
    stack.progress.say(str(error))
    stack.progress.say("starting Airflow again; the receiver goes on")
    stack.airflow.stop()
    start_airflow(stack)

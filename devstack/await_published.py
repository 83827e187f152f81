"""Waiting until deliveries, and then the API's answers, are in the published version."""

from collections.abc import Set as AbstractSet

from devstack.errors import StackError
from devstack.stack import Stack
from devstack.waiting import DeadlineError, wait_until
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.due import due_documents
from sighten_warehouse.enrich.due import due_metrics, due_quotes
from sighten_warehouse.lake.loaded import landed_and_loaded
from sighten_warehouse.lake.loads import all_load_ids, load_ids
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.load.step import pending
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.publish.versions import published_batches
from sighten_warehouse.settings import Settings

PUBLISH_SECONDS = 300
PUBLISH_POLL_SECONDS = 0.5
API_SECONDS = 30
API_POLL_SECONDS = 2.0


def await_deliveries(stack: Stack, names: AbstractSet[str]) -> None:
    """Wait until the published version holds every delivery of those landing files; API answers may land meanwhile.

    Raises:
        StackError: it does not in time; the message names the logs to read.
    """
    settings, task_logs = stack.plan.settings, stack.plan.logs / "tasks"
    done = f"published: {settings.layout.warehouse_file}"
    with stack.progress.step("Airflow loads and publishes the deliveries", done=done):
        try:
            wait_until(
                lambda: is_published(settings, names),
                what="the first publish that holds every delivery",
                seconds=PUBLISH_SECONDS,
                meanwhile=stack.check_alive,
                every=PUBLISH_POLL_SECONDS,
            )
        except DeadlineError as error:
            raise StackError(
                f"{error}; see the logs of sighten_load_milestones and sighten_publish_warehouse in {task_logs}"
            ) from None


def await_api_answers(stack: Stack) -> None:
    """Wait a while until everything that only the API has is loaded and published; print whether it is."""
    with stack.progress.waiting("Airflow loads signed quotes, DAL values and documents from the simulated API"):
        try:
            wait_until(
                lambda: is_api_published(stack.plan.settings),
                what="the API's answers",
                seconds=API_SECONDS,
                meanwhile=stack.check_alive,
                every=API_POLL_SECONDS,
            )
        except DeadlineError:
            stack.progress.print_line(
                f"after {API_SECONDS} s not all of the API's answers are published; the summary counts those that are"
            )
        else:
            stack.progress.print_line("signed quotes, DAL values and documents are published")


def is_published(settings: Settings, names: AbstractSet[str]) -> bool:
    """Whether those landing files are all committed, and their commits published, by any version of the code."""
    layout = settings.layout
    if not layout.warehouse_file.exists():
        return False
    published = published_batches(layout)
    moment = landed_and_loaded(layout)
    loaded = {
        name
        for manifest in moment.commits
        if published.issuperset(load_ids(moment.layout, manifest))
        for name in manifest.landing_files
    }
    # A file that is gone was loaded, and merged since.
    return names & set(moment.landing_files) <= loaded


def is_api_published(settings: Settings) -> bool:
    """Whether no quote, metric or document is due, and everything that landed is published."""
    clock = Clock()
    return (
        is_landing_published(settings)
        and not due_quotes(settings, as_of=clock.now())
        and not due_metrics(settings, read_dal_metrics(settings), as_of=clock.now())
        and not due_documents(settings, clock=clock)
    )


def is_landing_published(settings: Settings) -> bool:
    """Whether everything that landed is committed, and every commit published."""
    layout = settings.layout
    return not pending(settings) and published_batches(layout).issuperset(all_load_ids(layout, commits(layout)))

"""Waiting until the simulated Sighten has told Airflow all there is to tell: some seconds, and not a condition."""

from devstack.stack import Stack
from devstack.waiting import DeadlineError, wait_until
from sighten_warehouse.clock import Clock
from sighten_warehouse.dal_metrics import read_dal_metrics
from sighten_warehouse.documents_known import due_documents
from sighten_warehouse.due import due_metrics, due_quotes
from sighten_warehouse.lake import commits
from sighten_warehouse.load import pending
from sighten_warehouse.settings import Settings
from sighten_warehouse.versions import published_batches

ASK_SECONDS = 30
LOOK_EVERY_SECONDS = 2.0


def await_answers(stack: Stack) -> None:
    """Airflow has asked, loaded and published what only the API knows, or had some time for it; a line says which."""
    with stack.progress.waiting("Airflow asks the simulated Sighten for signed quotes, values and documents"):
        try:
            wait_until(
                lambda: is_everything_told(stack.plan.settings),
                what="answers to all that was to be asked",
                seconds=ASK_SECONDS,
                meanwhile=stack.check_alive,
                every=LOOK_EVERY_SECONDS,
            )
        except DeadlineError:
            stack.progress.say(
                f"{ASK_SECONDS} s later signed quotes, values and documents are still coming in; below is what is there"
            )
        else:
            stack.progress.say("signed quotes, values and documents are published too")


def is_everything_told(settings: Settings) -> bool:
    """Whether nothing is to be asked any more, and all that was answered is published."""
    clock = Clock()
    return (
        is_everything_published(settings)
        and not due_quotes(settings, as_of=clock.now())
        and not due_metrics(settings, read_dal_metrics(settings), as_of=clock.now())
        and not due_documents(settings, clock=clock)
    )


def is_everything_published(settings: Settings) -> bool:
    """Whether all that landed is committed, and every commit published."""
    layout = settings.layout
    return not pending(settings) and {one.batch_id for one in commits(layout)} <= published_batches(layout)

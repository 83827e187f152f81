"""Which waiting deliveries share a landing file."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sighten_warehouse.landing.ids import ARRIVALS
from sighten_warehouse.receiver.submissions import Submission, SubmissionQueue, WebhookDelivery

SOON = 10.0


def submission(body: bytes = b"{}") -> Submission:
    delivery = WebhookDelivery(body=body, method="POST", content_type=None, headers={})
    return Submission(delivery, ARRIVALS.next(), lambda _: None)


def queue_after(*, concurrent: int, gather_seconds: float) -> SubmissionQueue:
    """A queue whose last group was of so many."""
    queue = SubmissionQueue(writers=1, max_group_bytes=1_000_000, gather_seconds=gather_seconds)
    queue.open()
    for _ in range(concurrent):
        queue.put(submission())
    queue.settled(queue.take())
    return queue


@pytest.fixture
def writer() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def taken(writer: ThreadPoolExecutor, queue: SubmissionQueue) -> "Future[int]":
    """The size of the next group, which a writer waits for by now."""
    queue.put(submission())
    group = writer.submit(lambda: len(queue.take()))
    while queue._waiting and not queue._turn.locked() and not group.done():  # noqa: SLF001  (no other sign of it)
        threading.Event().wait(0.001)
    return group


def test_senders_that_were_answered_together_share_the_next_file_too(writer: ThreadPoolExecutor) -> None:
    queue = queue_after(concurrent=8, gather_seconds=SOON)

    group = taken(writer, queue)
    for _ in range(7):
        queue.put(submission())

    assert 8 == group.result(SOON)


def test_a_writer_does_not_wait_for_senders_that_send_no_more(writer: ThreadPoolExecutor) -> None:
    queue = queue_after(concurrent=8, gather_seconds=0.01)

    assert 1 == taken(writer, queue).result(SOON)


def test_a_sender_on_its_own_never_waits(writer: ThreadPoolExecutor) -> None:
    queue = queue_after(concurrent=1, gather_seconds=1000)

    assert 1 == taken(writer, queue).result(SOON)


def test_closing_ends_the_wait_and_what_waits_can_still_be_taken(writer: ThreadPoolExecutor) -> None:
    queue = queue_after(concurrent=8, gather_seconds=1000)

    group = taken(writer, queue)
    queue.close()

    assert 1 == group.result(SOON)
    assert not queue.put(submission())
    assert [] == queue.take()

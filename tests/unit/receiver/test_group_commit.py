import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path

import pytest

from sighten_warehouse.errors import StorageError
from sighten_warehouse.landing.files import landing_files, read_raw_lines, write_landing_file
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from sighten_warehouse.receiver.group_commit import Committer
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.submissions import Landed, WebhookDelivery

SOON = 10.0


class SlowDisk:
    """Writes landing files, but each write waits until the test releases it."""

    def __init__(self) -> None:
        self.crashes = False
        self.busy = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def __call__(self, landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
        self.busy.release()
        assert self.go_on.acquire(timeout=SOON)
        if self.crashes:
            raise SystemExit
        return write_landing_file(landing, lines, received_at=received_at)


class FailingDisk:
    """Fails once for each of its errors, then writes landing files."""

    def __init__(self, *errors: OSError) -> None:
        self._errors = list(errors)

    def __call__(self, landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return write_landing_file(landing, lines, received_at=received_at)


@pytest.fixture
def metrics() -> ReceiverMetrics:
    return ReceiverMetrics()


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def disk() -> SlowDisk:
    return SlowDisk()


@pytest.fixture
def slow(landing: Path, disk: SlowDisk, metrics: ReceiverMetrics) -> Iterator[Committer]:
    with Committer(landing, metrics=metrics, write=disk, max_group_bytes=1000, writers=1) as committer:
        yield committer
        disk.go_on.release(1000)


def delivery(body: bytes) -> WebhookDelivery:
    return WebhookDelivery(body=body, method="POST", content_type="application/json", headers={"webhook-id": "msg_1"})


def submit(committer: Committer, submitted: WebhookDelivery) -> "Future[str]":
    """Has the landing id, or the error, once the committer calls back."""
    landed: Future[str] = Future()

    def settle(result: Landed) -> None:
        landed.set_result(result) if isinstance(result, str) else landed.set_exception(result)

    committer.submit(submitted, settle)
    return landed


def lines_of(landing: Path) -> list[list[LandingLine]]:
    return [[parse_landing_line(raw) for raw in read_raw_lines(landing / name)] for name in landing_files(landing)]


def bodies_of(landing: Path) -> list[list[bytes]]:
    return [[line.body_as_received() for line in file] for file in lines_of(landing)]


def test_a_delivery_is_acknowledged_only_when_its_landing_file_is_written(
    slow: Committer, disk: SlowDisk, landing: Path
) -> None:
    landed = submit(slow, delivery(b"{}"))
    disk.busy.acquire(timeout=SOON)
    before = landed.done(), landing_files(landing)

    disk.go_on.release()

    assert (False, []) == before
    assert landed.result(SOON) == lines_of(landing)[0][0].landing_id


def test_a_line_holds_the_body_and_the_metadata_of_the_delivery(landing: Path, metrics: ReceiverMetrics) -> None:
    with Committer(landing, metrics=metrics) as committer:
        submit(committer, delivery(b"[1]")).result(SOON)

    [[line]] = lines_of(landing)
    assert ("POST", "application/json", {"webhook-id": "msg_1"}, b"[1]") == (
        line.method,
        line.content_type,
        line.headers,
        line.body_as_received(),
    )


def test_deliveries_that_wait_during_a_sync_share_the_next_one(slow: Committer, disk: SlowDisk, landing: Path) -> None:
    first = submit(slow, delivery(b"0"))
    disk.busy.acquire(timeout=SOON)
    others = [submit(slow, delivery(b"%d" % number)) for number in range(1, 60)]

    disk.go_on.release(2)

    acknowledged = [landed.result(SOON) for landed in (first, *others)]
    assert [[b"0"], [b"%d" % number for number in range(1, 60)]] == bodies_of(landing)
    assert acknowledged == [line.landing_id for file in lines_of(landing) for line in file]


def test_two_groups_are_synced_at_a_time(landing: Path, disk: SlowDisk, metrics: ReceiverMetrics) -> None:
    with Committer(landing, metrics=metrics, write=disk) as committer:
        first = submit(committer, delivery(b"1"))
        disk.busy.acquire(timeout=SOON)
        second = submit(committer, delivery(b"2"))

        both_busy = disk.busy.acquire(timeout=SOON)
        disk.go_on.release(2)

        assert len({first.result(SOON), second.result(SOON)}) == 2
    assert both_busy
    assert {(b"1",), (b"2",)} == {tuple(file) for file in bodies_of(landing)}


def test_when_one_of_two_syncs_fails_only_its_group_is_refused(landing: Path, metrics: ReceiverMetrics) -> None:
    disk = FailingDisk(OSError(5, "Input/output error"))
    with Committer(landing, metrics=metrics, write=disk) as committer:
        submitted = [submit(committer, delivery(b"%d" % number)) for number in range(100)]

    acknowledged = {landed.result(0) for landed in submitted if not landed.exception(0)}
    assert len(acknowledged) < 100
    assert acknowledged == {line.landing_id for file in lines_of(landing) for line in file}


def test_landing_ids_and_times_grow_from_line_to_line(slow: Committer, disk: SlowDisk, landing: Path) -> None:
    waiting = [submit(slow, delivery(b"%d" % number)) for number in range(200)]
    disk.go_on.release(200)
    for landed in waiting:
        landed.result(SOON)

    lines = [line for file in lines_of(landing) for line in file]

    assert [b"%d" % number for number in range(200)] == [line.body_as_received() for line in lines]
    for key in ("landing_id", "received_at"):
        values = [getattr(line, key) for line in lines]
        assert sorted(set(values)) == values


def test_a_group_is_bounded_in_bytes_and_one_larger_body_is_a_group(
    slow: Committer, disk: SlowDisk, landing: Path
) -> None:
    submit(slow, delivery(b"0"))
    disk.busy.acquire(timeout=SOON)
    waiting = [
        submit(slow, delivery(bytes([letter]) * size))
        for letter, size in zip(b"abcd", (600, 400, 1, 5000), strict=True)
    ]

    disk.go_on.release(10)

    for landed in waiting:
        landed.result(SOON)
    assert [[1], [600, 400], [1], [5000]] == [[len(body) for body in file] for file in bodies_of(landing)]


def test_after_a_failed_sync_its_group_is_refused_and_the_next_has_a_new_file(
    landing: Path, metrics: ReceiverMetrics
) -> None:
    disk = FailingDisk(OSError(5, "Input/output error"))
    with Committer(landing, metrics=metrics, write=disk) as committer:
        lost = submit(committer, delivery(b"lost"))
        with pytest.raises(StorageError, match="Input/output error"):
            lost.result(SOON)

        kept = submit(committer, delivery(b"kept")).result(SOON)

    assert [[b"kept"]] == bodies_of(landing)
    assert [kept] == [line.landing_id for file in lines_of(landing) for line in file]


def test_a_landing_that_cannot_be_written_refuses_and_recovers(landing: Path, metrics: ReceiverMetrics) -> None:
    landing.write_text("a file where the folder should be")
    with Committer(landing, metrics=metrics) as committer:
        refused = submit(committer, delivery(b"1"))
        with pytest.raises(StorageError, match="landing"):
            refused.result(SOON)
        landing.unlink()

        submit(committer, delivery(b"2")).result(SOON)

    assert [[b"2"]] == bodies_of(landing)


def test_a_days_folder_that_another_process_made_is_synced_before_anything_in_it_is_acknowledged(
    landing: Path, metrics: ReceiverMetrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Committer(landing, metrics=metrics) as committer:
        submit(committer, delivery(b"1")).result(SOON)
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(os.fstat(descriptor).st_ino), fsync(descriptor)))

    with Committer(landing, metrics=metrics) as committer:
        submit(committer, delivery(b"2")).result(SOON)

    assert landing.stat().st_ino in synced


def test_on_exit_it_lands_all_waiting_deliveries(landing: Path, disk: SlowDisk, metrics: ReceiverMetrics) -> None:
    disk.go_on.release(1000)
    with Committer(landing, metrics=metrics, write=disk) as committer:
        waiting = [submit(committer, delivery(b"%d" % number)) for number in range(100)]

    assert 100 == len({landed.result(0) for landed in waiting})
    assert {b"%d" % number for number in range(100)} == {body for file in bodies_of(landing) for body in file}


def test_nothing_is_accepted_before_its_start_or_after_its_end(landing: Path, metrics: ReceiverMetrics) -> None:
    committer = Committer(landing, metrics=metrics)
    with pytest.raises(StorageError, match="does not run"):
        submit(committer, delivery(b"too early"))
    with committer:
        assert committer.is_running

    with pytest.raises(StorageError, match="does not run"):
        submit(committer, delivery(b"too late"))
    assert not committer.is_running


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the crash is intended
def test_when_its_thread_crashes_waiting_deliveries_are_refused_and_no_more_accepted(
    landing: Path, disk: SlowDisk, metrics: ReceiverMetrics
) -> None:
    disk.crashes = True
    with Committer(landing, metrics=metrics, write=disk, writers=1) as committer:
        first = submit(committer, delivery(b"1"))
        disk.busy.acquire(timeout=SOON)
        last = submit(committer, delivery(b"2"))
        disk.go_on.release()

        for landed in (first, last):
            with pytest.raises(StorageError, match="could not store"):
                landed.result(SOON)
        with pytest.raises(StorageError, match="does not run"):
            submit(committer, delivery(b"3"))
        assert not committer.is_running


def test_a_delivery_cancelled_while_it_waits_is_not_landed(slow: Committer, disk: SlowDisk, landing: Path) -> None:
    submit(slow, delivery(b"1"))
    disk.busy.acquire(timeout=SOON)
    settled: list[Landed] = []
    cancelled = slow.submit(delivery(b"2"), settled.append)
    kept = submit(slow, delivery(b"3"))

    cancelled.cancel()
    disk.go_on.release(10)

    kept.result(SOON)
    assert [[b"1"], [b"3"]] == bodies_of(landing)
    assert [] == settled


def test_groups_and_bytes_are_measured(slow: Committer, disk: SlowDisk, metrics: ReceiverMetrics) -> None:
    submit(slow, delivery(b"0"))
    disk.busy.acquire(timeout=SOON)
    waiting = [submit(slow, delivery(b"%d" % number)) for number in range(1, 10)]
    disk.go_on.release(10)
    for landed in waiting:
        landed.result(SOON)

    sample = metrics.registry.get_sample_value
    assert 2 == sample("sighten_group_size_count")
    assert 10 == sample("sighten_group_size_sum")
    assert 2 == sample("sighten_commit_seconds_count")
    assert 10 == sample("sighten_landed_bytes_total")


def test_what_is_acknowledged_is_counted_already(landing: Path, metrics: ReceiverMetrics) -> None:
    counted: Future[float | None] = Future()
    with Committer(landing, metrics=metrics) as committer:
        committer.submit(
            delivery(b"12345"),
            lambda _: counted.set_result(metrics.registry.get_sample_value("sighten_landed_bytes_total")),
        )
        assert 5 == counted.result(SOON)

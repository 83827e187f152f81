"""Batches are flattened in several processes, which end with the one that started them."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sighten_warehouse.errors import LakeError, StorageError
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.load import step
from sighten_warehouse.load.step import load
from sighten_warehouse.load.workers import Workers
from sighten_warehouse.locks import BEHIND_OTHERS
from support.factories import SAMPLE_BYTES, a_milestone
from support.flattening import killed, named, refused
from support.warehouses import Warehouse

BATCHES = [Manifest(name, {}) for name in "abcd"]
SECONDS = 60


def test_many_batches_are_flattened_in_other_processes(tmp_path: Path) -> None:
    with Workers(named, jobs=2) as workers:
        first = list(workers.flatten(BATCHES, layout=Layout(tmp_path)))
        again = list(workers.flatten(BATCHES[:3], layout=Layout(tmp_path)))
    pids = {manifest.outcomes["pid"] for manifest in (*first, *again)}

    assert list("abcd") == sorted(manifest.batch_id for manifest in first)
    assert list("abc") == sorted(manifest.batch_id for manifest in again)
    assert os.getpid() not in pids
    assert len(pids) <= 2
    assert {min(os.nice(0) + BEHIND_OTHERS, 19)} == {manifest.outcomes["nice"] for manifest in first}


@pytest.mark.parametrize(("jobs", "batches"), [(1, 4), (8, 1)])
def test_one_process_or_one_batch_needs_no_other_process(jobs: int, batches: int, tmp_path: Path) -> None:
    with Workers(named, jobs=jobs) as workers:
        flattened = list(workers.flatten(BATCHES[:batches], layout=Layout(tmp_path)))

    assert {os.getpid()} == {manifest.outcomes["pid"] for manifest in flattened}


def test_loading_in_several_processes_loads_the_same(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MIN_BATCH_BYTES", 1)
    for key in "abc":
        warehouse.land(a_milestone(key), SAMPLE_BYTES, b"no json")

    result = load(warehouse.settings, jobs=2)
    warehouse.publish()

    assert (3, 9, 6, 3) == (len(result.batches), result.landed, result.loaded, result.quarantined)
    assert 4 == warehouse.value("select count(*) from milestones")


def test_an_error_in_a_process_is_raised_in_the_same_words(tmp_path: Path) -> None:
    with Workers(refused, jobs=2) as workers, pytest.raises(StorageError, match="No space left on device"):
        list(workers.flatten(BATCHES, layout=Layout(tmp_path)))


def test_a_killed_process_is_an_error_that_names_its_batch(tmp_path: Path) -> None:
    with Workers(killed, jobs=2) as workers, pytest.raises(LakeError, match=r"batch [ab]: .* killed, expected"):
        list(workers.flatten(BATCHES[:2], layout=Layout(tmp_path)))


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_processes_end_with_the_one_that_started_them(signal_number: int) -> None:
    code = "from support.flattening import flatten_endlessly; flatten_endlessly()"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None
        workers = [os.pidfd_open(int(parent.stdout.readline())) for _ in range(2)]
        parent.send_signal(signal_number)
        try:
            ended = [bool(select.select([worker], [], [], SECONDS)[0]) for worker in workers]
            assert [True, True] == ended
            parent.wait(SECONDS)
        finally:
            parent.kill()


def test_progress_ends_with_everything_loaded(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "MIN_BATCH_BYTES", 1)
    for number in range(12):
        warehouse.land(a_milestone(f"{number}"))
    seen: list[tuple[int, int]] = []

    load(warehouse.settings, on_progress=lambda done, left: seen.append((done, left)))

    total = seen[0][0] + seen[0][1]
    assert len(seen) > 1
    assert {total} == {done + left for done, left in seen}
    assert (total, 0) == seen[-1]

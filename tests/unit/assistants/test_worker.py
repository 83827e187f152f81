"""The process that answers is ended with a query that does not end, and the next question starts another."""

import multiprocessing

import pytest

from sighten_warehouse.assistants.answering import Limits, UnansweredError
from sighten_warehouse.assistants.worker import Worker
from support.factories import SAMPLE_BYTES
from support.warehouses import Warehouse


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("asked"))
    warehouse.deliver(SAMPLE_BYTES)
    return warehouse


@pytest.fixture(scope="module")
def started(home: Warehouse) -> tuple[Worker, multiprocessing.Process]:
    """A worker that has answered, and its process."""
    worker, others = Worker(home.settings, Limits()), answering()
    assert [[1]] == worker.answer("select 1").rows
    [process] = answering() - others
    return worker, process


def answering() -> set[multiprocessing.Process]:
    return {process for process in multiprocessing.active_children() if process.name == "answers"}


def test_an_answer_that_does_not_come_ends_the_process(home: Warehouse) -> None:
    worker = Worker(home.settings, Limits(seconds=0.001), grace=0.001)  # opening the file takes longer
    others = answering()

    with pytest.raises(UnansweredError, match=r"stopped after 0.001 s, with its process"):
        worker.answer("select 1")

    assert set() == answering() - others


def test_a_process_that_ended_is_replaced(started: tuple[Worker, multiprocessing.Process]) -> None:
    worker, process = started
    process.kill()
    process.join()

    with pytest.raises(UnansweredError, match="the engine ended"):
        worker.answer("select 1")

    assert [[2]] == worker.answer("select 2").rows
    with pytest.raises(UnansweredError, match="Out of Memory"):
        worker.answer("select repeat('x', 4000000000)")
    assert [[3]] == worker.answer("select 3").rows


def test_a_long_value_is_cut_and_odd_numbers_are_texts(started: tuple[Worker, multiprocessing.Process]) -> None:
    worker, _ = started

    found = worker.answer("select 'nan'::double, 1.50::decimal(5, 2), 1 as a, 2 as a, interval 1 day, '\\xAA'::blob")
    long = worker.answer("select list(number) from range(3000000) as numbers(number)")

    assert [["NaN", 1.5, 1, 2, "1 day", "\\xAA"]] == found.rows
    assert ([], "more than 200,000 characters: select fewer columns or rows") == (long.rows, long.cut)

"""The store answers late, not at all, or only half: each call ends, and does what it says once."""

from pathlib import Path

import pytest

from sighten_warehouse.errors import StorageError
from sighten_warehouse.objects.store import Store
from support.object_stores import ObjectStore


@pytest.mark.parametrize("fault", ["slow_down", "lost_answer", "cut_off"])
def test_a_write_is_repeated_until_it_is_there(store: ObjectStore, fault: str) -> None:
    store.break_next(fault, times=4)

    etag = Store(store.url).put("landing/one", b"a delivery")

    assert [("landing/one", etag)] == [(stored.key, stored.etag) for stored in Store(store.url).below("landing")]
    assert b"a delivery" == Store(store.url).get("landing/one").data


def test_a_store_that_stays_busy_is_an_error_in_words_and_in_time(store: ObjectStore) -> None:
    store.break_next("slow_down", times=1000)

    with pytest.raises(
        StorageError, match=r"landing/one: cannot write: .*expected the store to answer within 1 s"
    ) as it:
        Store(store.url, patience_s=1).put("landing/one", b"a delivery")

    assert "secret" not in str(it.value)


@pytest.mark.parametrize("fault", ["slow_down", "lost_answer", "cut_off"])
def test_of_two_that_create_an_object_one_wins_and_knows_it_whatever_the_answers(
    store: ObjectStore, fault: str
) -> None:
    one, other = Store(store.url), Store(store.url)
    store.break_next(fault, times=2)

    won = [one.create("sequence/1", b"mine"), other.create("sequence/1", b"theirs"), one.create("sequence/1", b"mine")]

    assert [True, False, True] == won
    assert b"mine" == one.get("sequence/1").data


@pytest.mark.parametrize("fault", ["slow_down", "lost_answer", "cut_off"])
def test_an_object_is_replaced_only_while_it_is_the_one_that_was_read(store: ObjectStore, fault: str) -> None:
    one = Store(store.url)
    created = one.replace("newest", b"first", known=None)
    known = one.get("newest")
    store.break_next(fault, times=2)

    replaced = one.replace("newest", b"second", known=known)
    too_late = one.replace("newest", b"third", known=known)

    assert (True, True, False) == (created, replaced, too_late)
    assert b"second" == one.get("newest").data


def test_a_download_that_was_cut_off_is_read_again(store: ObjectStore, tmp_path: Path) -> None:
    one = Store(store.url)
    etag = one.put("published/file", b"x" * 1_000_000)
    store.break_next("lost_answer", "GET", times=2)

    assert etag == one.download("published/file", tmp_path / "file")
    assert 1_000_000 == (tmp_path / "file").stat().st_size
    assert None is one.download("published/none", tmp_path / "none")


def test_a_store_that_ignores_conditions_is_found_out(store: ObjectStore) -> None:
    assert None is Store(store.url).problem()

    store.break_next("ignores_conditions", times=1000)

    assert "does not honour `If-None-Match: *`" in Store(store.url).problem()

import itertools
import threading
from datetime import UTC, datetime
from uuid import UUID

from sighten_warehouse.landing.ids import Arrivals


def test_a_landing_id_begins_with_its_time_of_arrival() -> None:
    arrivals = Arrivals(lambda: 1_795_465_678_616_349)

    arrival = arrivals.next()

    landing_id = UUID(arrival.landing_id)
    assert datetime(2026, 11, 23, 20, 27, 58, 616349, tzinfo=UTC) == arrival.received_at
    assert 7 == landing_id.version
    assert "specified in RFC 4122" == landing_id.variant
    assert 1_795_465_678_616 == landing_id.int >> 80


def test_landing_ids_sort_like_their_times_to_the_microsecond() -> None:
    arrivals = Arrivals(itertools.count(1_795_465_678_616_000).__next__)

    given = [arrivals.next() for _ in range(3000)]

    assert given == sorted(given, key=lambda arrival: arrival.landing_id)
    assert given == sorted(given, key=lambda arrival: arrival.received_at)
    assert 3000 == len({arrival.landing_id for arrival in given})


def test_a_clock_that_is_set_back_reorders_nothing() -> None:
    clock = iter([5_000_000, 5_000_000, 1_000_000, 6_000_000])
    arrivals = Arrivals(clock.__next__)

    given = [arrivals.next() for _ in range(4)]

    assert [5_000_000, 5_000_001, 5_000_002, 6_000_000] == [
        round(arrival.received_at.timestamp() * 1_000_000) for arrival in given
    ]
    assert given == sorted(given, key=lambda arrival: arrival.landing_id)


def test_threads_never_get_the_same_time() -> None:
    arrivals = Arrivals(lambda: 1_795_465_678_616_349)
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda: given.extend(arrivals.next().received_at.isoformat() for _ in range(500)))
        for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 2000 == len(set(given))

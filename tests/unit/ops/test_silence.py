"""How long a silence of webhooks is usual at this time of the week."""

from datetime import UTC, datetime, timedelta

import pytest

from sighten_warehouse.ops.silence import usual_silence

TUESDAY_NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def working_hours(*, weeks: int, every_minutes: int = 10) -> list[datetime]:
    """A webhook every few minutes from 8 to 18 o'clock, Monday to Friday, until Tuesday noon."""
    step = timedelta(minutes=every_minutes)
    times = (TUESDAY_NOON - number * step for number in range(weeks * 7 * 24 * 60 // every_minutes + 1))
    return sorted(time for time in times if time.weekday() < 5 and 8 <= time.hour < 18)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (TUESDAY_NOON, HOUR),  # three times ten minutes is less than the shortest
        (
            TUESDAY_NOON - timedelta(hours=3, minutes=30),
            3 * timedelta(hours=14, minutes=10),
        ),  # the first ones just came
        (TUESDAY_NOON + timedelta(hours=16), 3 * timedelta(hours=10, minutes=10)),  # at four o'clock at night
        (TUESDAY_NOON + timedelta(days=5), 3 * timedelta(hours=42, minutes=10)),  # on a Sunday
    ],
)
def test_it_follows_the_hours_of_the_week(now: datetime, expected: timedelta) -> None:
    assert expected == usual_silence(working_hours(weeks=6), now=now)


def test_rare_webhooks_make_longer_silences_usual() -> None:
    assert 12 * HOUR == usual_silence(working_hours(weeks=6, every_minutes=240), now=TUESDAY_NOON)


def test_one_outage_does_not_make_the_next_one_usual() -> None:
    outage = TUESDAY_NOON - timedelta(weeks=2)
    webhooks = [time for time in working_hours(weeks=6) if not outage - 3 * HOUR < time < outage + 3 * HOUR]

    assert HOUR == usual_silence(webhooks, now=TUESDAY_NOON)


@pytest.mark.parametrize("weeks", [0, 1, 2, 3])
def test_too_little_history_makes_nothing_unusual(weeks: int) -> None:
    assert usual_silence(working_hours(weeks=weeks), now=TUESDAY_NOON) is None

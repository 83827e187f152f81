"""Whether the clock can be believed: by what was written before, by the kernel, and by the API."""

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.doctor.check import Check, error, ok, warning
from sighten_warehouse.ops.waiting import landed_at
from sighten_warehouse.publish.versions import versions

TOLERATED = timedelta(minutes=2)  # Standard Webhooks refuses deliveries that are five minutes off
_REMEDY = "set the clock, and keep it by NTP (timedatectl set-ntp true)"
_TIMEX_BYTES = 512  # more than the kernel's struct has
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


def check_clock(layout: Layout, *, now: datetime) -> Iterator[Check]:
    """Compare the clock with the newest landing file and version, and ask the kernel whether NTP keeps it."""
    newest = landing_files(layout.landing)[-1:]
    times = {f"landing file {name}": landed_at(layout, name) for name in newest}
    times |= {f"version {one.version}": datetime.fromisoformat(one.published_at) for one in versions(layout)[-1:]}
    ahead = {what: time for what, time in times.items() if time - now > TOLERATED}
    for what, time in ahead.items():
        yield error("clock", f"{what} is of {time:%Y-%m-%d %H:%M:%S} UTC, and it is {now:%Y-%m-%d %H:%M:%S}", _REMEDY)
    if is_synchronised() is False:
        yield warning("clock", "the kernel says that nothing keeps the clock right", _REMEDY)
    elif not ahead:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def is_synchronised() -> bool | None:
    """Whether NTP keeps the clock, by adjtimex(2); None if the kernel does not tell."""
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


def compare_with(date_header: str, *, now: datetime) -> Check:
    """Compare the clock with the `Date` of a response."""
    try:
        there = parsedate_to_datetime(date_header).astimezone(UTC)
    except ValueError:
        return warning("clock", "the API says no valid time", "compare the clock by hand")
    off = abs(now - there)
    if off > TOLERATED:
        return error("clock", f"{off.total_seconds():.0f} s off the API's clock", _REMEDY)
    return ok("clock", f"within {max(1, round(off.total_seconds()))} s of the API's")

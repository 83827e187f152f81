"""Whether the object store of a home keeps what the product relies on: conditions, permissions, its clock."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sighten_warehouse.lake.pull import mirror_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.doctor.check import Check, error, ok, warning

if TYPE_CHECKING:
    from sighten_warehouse.objects.mirror import Mirror

TOLERATED_S = 120.0


def check_store(layout: Layout, *, now: datetime) -> Iterator[Check]:
    """Create, replace, list and delete a small object; nothing to check of a home on a local disk."""
    if mirror := mirror_of(layout):
        yield from _check(mirror, now=now)


def _check(mirror: "Mirror", *, now: datetime) -> Iterator[Check]:
    if problem := mirror.store.problem():
        found = f"{mirror.url}: {problem}"
        yield error("store", found, "use a store that does (docs/object-storage.md#what-the-store-must-do)")
        return
    yield ok("store", f"{mirror.url}: creates and replaces objects only if it may, and lists them at once")
    off = abs(now - mirror.store.clock()).total_seconds()
    if off > TOLERATED_S:
        remedy = "set the clock, and keep it by NTP (timedatectl set-ntp true): signatures are refused if it is off"
        yield warning("store", f"{off:.0f} s off the store's clock", remedy)

"""Examine an installation: every check that needs no other product."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.ops.doctor.api import check_api
from sighten_warehouse.ops.doctor.check import Check, error
from sighten_warehouse.ops.doctor.clocks import check_clock
from sighten_warehouse.ops.doctor.configuration import check_backup, check_receiver, check_settings, check_versions
from sighten_warehouse.ops.doctor.disk import check_disks
from sighten_warehouse.ops.doctor.integrity import check_integrity
from sighten_warehouse.ops.doctor.permissions import check_permissions
from sighten_warehouse.ops.doctor.store import check_store
from sighten_warehouse.remotes import remote_of
from sighten_warehouse.settings import Settings

OnProgress = Callable[[int, int], object]


def examine(  # noqa: PLR0913  (all but the settings come from the process)
    settings: Settings,
    *,
    environ: Mapping[str, str],
    cwd: Path,
    quick: bool = False,
    clock: Clock | None = None,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Iterator[Check]:
    """Yield the findings, one after another; changes nothing, but writes and removes small files in the home.

    `quick`: compare names and sizes in place of digests. `on_progress` receives the number of landing files read, and
    of all.
    """
    clock = clock or Clock()
    layout = settings.layout
    parts: dict[str, Callable[[], Iterator[Check]]] = {
        "versions": check_versions,
        "settings": lambda: check_settings(settings),
        "store": lambda: check_store(layout, now=clock.now()),
        "disk": lambda: iter(()) if remote_of(layout.root) else check_disks(settings, environ=environ),
        "permissions": lambda: check_permissions(settings, environ=environ, cwd=cwd),
        "clock": lambda: check_clock(layout, now=clock.now()),
        "receiver": lambda: check_receiver(settings),
        "api": lambda: check_api(settings, clock=clock),
        "integrity": lambda: check_integrity(layout, quick=quick, on_progress=on_progress),
        "backup": lambda: check_backup(settings, clock=clock),
    }
    for name, part in parts.items():
        try:
            yield from part()
        except (WarehouseError, OSError) as problem:
            yield error(name, f"cannot be checked: {problem}", "mend what it names, then run it again")

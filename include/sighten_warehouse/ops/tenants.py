"""How each tenant is: its home, its receiver, what waits, when it was last published, and its problems."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sighten_warehouse.alerts.ledger import read_ledger
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.ops.problems import find_problems
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.receiver.requests import webhook_path
from sighten_warehouse.settings import Settings, TenantEntry, read_settings, read_tenants


@dataclass(frozen=True)
class TenantState:
    """One tenant. `waiting`: deliveries that are landed and not published; None where nobody can tell.

    `errors`: what stops it, or data that is missing, wrong or late; `warnings`: something else to look at.
    """

    name: str
    home: str
    receiver: str
    slots: int
    waiting: int | None = None
    published_at: str | None = None
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def tenant_states(environ: Mapping[str, str] | None = None, *, clock: Clock | None = None) -> Iterator[TenantState]:
    """Yield the state of each tenant, in the order of the file; one that cannot be read hides no other.

    Raises:
        SettingError: the file of tenants cannot be read.
    """
    environ = os.environ if environ is None else environ
    for entry in read_tenants(environ).values():
        try:
            settings = read_settings(environ, tenant=entry.name)
        except WarehouseError as error:
            yield _unreadable(entry, str(error))
            continue
        yield _state(entry, settings, clock or Clock())


def _unreadable(entry: TenantEntry, error: str) -> TenantState:
    return TenantState(entry.name, entry.variables["SIGHTEN_HOME"], "", entry.slots, errors=(error,))


def _state(entry: TenantEntry, settings: Settings, clock: Clock) -> TenantState:
    home = str(settings.layout.root)
    host = f"[{settings.receiver_host}]" if ":" in settings.receiver_host else settings.receiver_host
    receiver = f"http://{host}:{settings.receiver_port}{webhook_path(entry.name)}"
    if not settings.layout.root.is_dir():
        return TenantState(entry.name, home, receiver, entry.slots, warnings=("nothing has landed yet: no such home",))
    try:
        status = read_status(settings, recount=False, clock=clock)
        problems = find_problems(status, settings, read_ledger(settings.layout), now=clock.now())
    except WarehouseError as error:
        return TenantState(entry.name, home, receiver, entry.slots, errors=(str(error),))
    texts = {
        severity: tuple(problem.text for problem in problems if problem.severity == severity)
        for severity in ("error", "warning")
    }
    return TenantState(
        entry.name,
        home,
        receiver,
        entry.slots,
        waiting=status.pending + status.unpublished,
        published_at=status.published_at,
        errors=texts["error"],
        warnings=texts["warning"],
    )

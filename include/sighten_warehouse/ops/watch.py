"""Looks for problems and sends each once, and once more when it is over."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sighten_warehouse.alerts import Problem, Told, tell
from sighten_warehouse.alerts.ledger import Ledger
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.ops.measures import read_measures
from sighten_warehouse.ops.problems import failed_tasks, find_problems, is_known, unreadable
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.settings import Settings


@dataclass
class Watched:
    """What one check found and sent. `measures`: name → number, empty if the status could not be read."""

    problems: list[Problem] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    measures: dict[str, float] = field(default_factory=dict)


def watch(settings: Settings, *, clock: Clock | None = None) -> Watched:
    """Check the home, and send each problem and each end of one to SIGHTEN_ALERTS, once.

    Two checks at a time send nothing twice. What cannot be sent is in `told.unsent`, and is tried again by the next
    check. A status that cannot be read is a problem too; what it would tell is then neither found nor over.

    Raises:
        StorageError: the disk refused to keep what was sent.
    """
    clock = clock or Clock()
    watched = Watched()

    def find(ledger: Ledger) -> tuple[Iterable[Problem], Callable[[str], bool]]:
        try:
            status = read_status(settings, recount=False, clock=clock)
        except WarehouseError as error:
            watched.problems = [unreadable(error), *failed_tasks(ledger, now=clock.now())]
            return watched.problems, lambda _: False
        watched.problems = find_problems(status, settings, ledger, now=clock.now())
        watched.measures = read_measures(settings, status, open_alerts=len(watched.problems), now=clock.now())
        return watched.problems, lambda key: is_known(status, key)

    watched.told = tell(settings, find, clock=clock)
    return watched

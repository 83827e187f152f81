"""The alerts that are open in a home, and who was told what."""

import msgspec
import structlog

from sighten_warehouse.alerts.problem import Problem
from sighten_warehouse.durable import write_durably
from sighten_warehouse.layout import Layout

log = structlog.get_logger()


class OpenAlert(msgspec.Struct):
    """A problem that was found and is not over for everybody who was told.

    `told`: name of a target → the items that it was told.
    """

    problem: Problem
    told: dict[str, list[str]] = {}

    def is_told(self, target: str) -> bool:
        """Whether the target knows of the problem and of each of its items."""
        return target in self.told and set(self.told[target]) >= set(self.problem.items)


Ledger = dict[str, OpenAlert]
_decoder = msgspec.json.Decoder(Ledger)


def read_ledger(layout: Layout) -> Ledger:
    """The open alerts by key; a file that cannot be read counts as none, so that they are told again."""
    try:
        return _decoder.decode(layout.open_alerts.read_bytes())
    except FileNotFoundError:
        return {}
    except msgspec.MsgspecError as error:
        log.warning("open_alerts_unreadable", file=str(layout.open_alerts), error=str(error))
        return {}


def write_ledger(layout: Layout, ledger: Ledger) -> None:
    """Replace the file of open alerts.

    Raises:
        OSError: the disk refused.
    """
    write_durably(layout.open_alerts, msgspec.json.encode(ledger, order="sorted"))

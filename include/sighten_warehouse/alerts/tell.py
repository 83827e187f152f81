"""Tells every target of each problem once, and once more when it is over."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from sighten_warehouse.alerts.channels import CHANNELS, Channel, require_poster
from sighten_warehouse.alerts.ledger import Ledger, OpenAlert, read_ledger, write_ledger
from sighten_warehouse.alerts.mail import NotSentError
from sighten_warehouse.alerts.problem import Problem, State, message_about
from sighten_warehouse.alerts.target import Target, targets_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

Found = Callable[[Ledger], tuple[Iterable[Problem], Callable[[str], bool]]]


@dataclass
class Told:
    """What was sent: state → keys of problems; `unsent`: why nothing reached a target."""

    sent: dict[State, list[str]] = field(default_factory=dict)
    unsent: dict[str, str] = field(default_factory=dict)


def tell(
    settings: Settings, find: Found, *, clock: Clock | None = None, channels: Mapping[str, Channel] = CHANNELS
) -> Told:
    """Send what `find` has found and no target knows yet, and that it is over once `find` finds it no more.

    `find` receives the open alerts and returns the problems, and which keys it looked for: others stay as they are.
    One process at a time does this. What cannot be sent is tried again by the next call.

    Raises:
        MissingExtraError: the library that posts to a target of SIGHTEN_ALERTS is not installed.
        StorageError: the disk refused to keep what was sent.
    """
    require_poster(targets_of(settings.alerts))
    layout, now = settings.layout, (clock or Clock()).now()
    with one_writer(layout, "alerts"):
        ledger = read_ledger(layout)
        problems, is_looked_for = find(ledger)
        current = {problem.key: problem for problem in problems}
        sender = _Sender(settings, channels, ledger, now=now)
        for key, problem in current.items():
            sender.open(key, problem)
        for key in [key for key in ledger if key not in current and is_looked_for(key)]:
            sender.end(key)
    return sender.told


class _Sender:
    """Sends to each target and writes the ledger after each message, so that a crash repeats at most one."""

    def __init__(self, settings: Settings, channels: Mapping[str, Channel], ledger: Ledger, *, now: datetime) -> None:
        self.told = Told()
        self._settings = settings
        self._channels = channels
        self._ledger = ledger
        self._now = now
        self._targets = targets_of(settings.alerts)

    def open(self, key: str, problem: Problem) -> None:
        """Send the problem to each target that does not know it or one of its items."""
        known = self._ledger.get(key)
        items = set(problem.items)
        # An item that has gone and comes back is told again.
        told = {target: sorted(items & set(told)) for target, told in known.told.items()} if known else {}
        alert = OpenAlert(problem, told)
        self._ledger[key] = alert
        if known != alert:
            self._save()
        if known is None:
            log.warning("problem_found", key=key, text=problem.text)
        for target in self._targets:
            if not alert.is_told(target.name) and self._send(target, problem, "open"):
                alert.told[target.name] = sorted(items)
                self._save()

    def end(self, key: str) -> None:
        """Send to each target that was told that the problem is over; forget it once all know."""
        alert = self._ledger[key]
        names = {target.name for target in self._targets}
        alert.told = {target: items for target, items in alert.told.items() if target in names}
        for target in self._targets:
            if target.name in alert.told and self._send(target, alert.problem, "over"):
                del alert.told[target.name]
                self._save()
        if not alert.told:
            log.info("problem_over", key=key)
            del self._ledger[key]
            self._save()

    def _send(self, target: Target, problem: Problem, state: State) -> bool:
        if target.name in self.told.unsent:  # do not wait for it again in this check
            return False
        home = self._settings
        message = message_about(problem, state, environment=home.env, tenant=home.tenant, now=self._now)
        try:
            self._channels[target.kind](target, message)
        except NotSentError as error:
            log.warning("alert_not_sent", key=problem.key, state=state, error=str(error))
            self.told.unsent[target.name] = str(error)
            return False
        sent = self.told.sent.setdefault(state, [])
        if problem.key not in sent:
            sent.append(problem.key)
        return True

    def _save(self) -> None:
        write_ledger(self._settings.layout, self._ledger)

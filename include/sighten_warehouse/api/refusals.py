"""What the API refuses at present, kept in the home so that other processes can see it."""

import threading
from datetime import datetime
from typing import Literal

import msgspec

from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import remove, write_durably
from sighten_warehouse.errors import (
    AuthenticationError,
    CircuitOpenError,
    PermissionDeniedError,
    RejectedError,
    WarehouseError,
)
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer

Reason = Literal["401", "403", "circuit_open"]
_REASONS: dict[type[WarehouseError], Reason] = {
    AuthenticationError: "401",
    PermissionDeniedError: "403",
    CircuitOpenError: "circuit_open",
}


class Refusal(msgspec.Struct, frozen=True):
    """Calls of this path, without ids, are refused since then, or are not made because the circuit is open."""

    path: str
    reason: Reason
    since: datetime


_decoder = msgspec.json.Decoder(dict[str, Refusal])


def read_refusals(layout: Layout) -> list[Refusal]:
    """What is refused at present, by path; a file that cannot be read counts as nothing."""
    try:
        return list(_decoder.decode(layout.api_refusals.read_bytes()).values())
    except (FileNotFoundError, msgspec.MsgspecError):
        return []


class Refusals:
    """Records refused calls and forgets them after the next answer of that path; for the threads of one client.

    An answer of any path ends 401 and an open circuit, which concern all calls. One answer of a path shows that it is
    not refused as such: a later 403 in the same process concerns one subject, and is not recorded.
    """

    def __init__(self, layout: Layout, *, clock: Clock) -> None:
        self._layout = layout
        self._clock = clock
        self._lock = threading.Lock()
        self._answered: set[str] = set()
        self._recorded = bool(read_refusals(layout))

    def refused(self, path: str, error: WarehouseError) -> None:
        """Record the error of a call, if it is a refusal of all such calls.

        Raises:
            StorageError: the disk refused a write.
        """
        if isinstance(error, RejectedError):  # an answer about one subject
            self.answered(path)
        reason = _REASONS.get(type(error))
        with self._lock:
            if reason is None or (reason == "403" and path in self._answered):
                return
            self._recorded = True
            self._change(add=Refusal(path, reason, self._clock.now()))

    def answered(self, path: str) -> None:
        """Forget what the answer disproves.

        Raises:
            StorageError: the disk refused a write.
        """
        with self._lock:
            if self._recorded:
                self._recorded = self._change(answered=path)
            self._answered.add(path)

    def _change(self, *, add: Refusal | None = None, answered: str | None = None) -> bool:
        """Change the file and return whether refusals are left."""
        with one_writer(self._layout, "api_refusals"):
            before = {refusal.path: refusal for refusal in read_refusals(self._layout)}
            after = dict(before)
            if answered is not None:
                after = {path: one for path, one in before.items() if one.reason == "403" and path != answered}
            if add is not None and (add.path not in before or before[add.path].reason != add.reason):
                after[add.path] = add
            if after and after != before:
                write_durably(self._layout.api_refusals, msgspec.json.encode(after, order="sorted"))
            elif not after:
                remove(self._layout.api_refusals)
        return bool(after)

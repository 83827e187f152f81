"""The load: the simulated Sighten delivers signed webhooks, and logs what was acknowledged before it counts."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from prove.home import Home
from prove.machine_clock import MachineClock
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery, PlanOptions, plan_deliveries
from sighten_simulator.webhooks.sender import deliver
from sighten_simulator.webhooks.signing import build_auth_headers
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.receiver.auth.schemes import signing_key
from sighten_warehouse.receiver.requests import WEBHOOK_PATH

AT_ONCE = 6  # deliveries; then others are tried again, from the receiver that is up by then
A_SECOND = 3.0  # by each sender
RETRIES = 2


class Acknowledged:
    """The log of what receivers acknowledged: landing id → SHA-256 of the body. Each line is synced when written."""

    def __init__(self, path: Path) -> None:
        self.bodies: dict[str, str] = {}
        self.contradictions: list[str] = []
        self._lock = threading.Lock()
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def add(self, delivery: PlannedDelivery, answer: bytes) -> None:
        """Log an acknowledgement."""
        landing_id, digest = str(json.loads(answer)["landing_id"]), hashlib.sha256(delivery.body).hexdigest()
        with self._lock:
            os.write(self._log, f"{landing_id} {digest}\n".encode())
            os.fsync(self._log)
            if self.bodies.setdefault(landing_id, digest) != digest:
                self.contradictions.append(landing_id)


class Sender:
    """Delivers to one receiver, in a thread, until it is stopped; then what was not acknowledged is forgotten."""

    def __init__(  # noqa: PLR0913  (what it delivers, where to, and how)
        self,
        home: Home,
        port: int,
        plan: Sequence[PlannedDelivery],
        log: Acknowledged,
        clock: MachineClock,
        *,
        rate: float = A_SECOND,
        retries: int = RETRIES,
    ) -> None:
        self.refused = 0
        self._url = f"http://127.0.0.1:{port}{WEBHOOK_PATH}"
        self._plan = plan
        self._rate, self._retries = rate, retries
        self._log = log
        self._headers = build_auth_headers(home.settings, standard_key=signing_key(home.settings), clock=clock.seconds)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sender to {port}")

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; returns once the last answer is there."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        place = 0
        while not self._stop.is_set():
            part = self._plan[place : place + AT_ONCE]
            place = (place + AT_ONCE) % len(self._plan)
            self.send(part)
            self._stop.wait(0.05)

    def send(self, deliveries: Sequence[PlannedDelivery]) -> None:
        """Deliver these once."""
        counts = deliver(
            deliveries,
            to=self._url,
            threads=2,
            rate=self._rate,
            retries=self._retries,
            auth_headers=self._headers,
            on_acknowledged=self._log.add,
        )
        self.refused += counts.refused


def plan_for(seed: int, milestones: int) -> list[PlannedDelivery]:
    """The deliveries of a simulated world, with repeated and late ones, in every dialect."""
    return plan_deliveries(build_simulation(seed, milestones), PlanOptions(tasks=True, others=0.05))


@contextmanager
def sending(senders: Sequence[Sender]) -> Iterator[None]:
    """Let them deliver in this context."""
    for sender in senders:
        sender.start()
    try:
        yield
    finally:
        for sender in senders:
            sender.stop()

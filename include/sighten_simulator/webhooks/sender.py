"""Sends a delivery plan to a receiver, and counts what was acknowledged."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery, Role
from sighten_simulator.webhooks.rate import Pace
from sighten_simulator.webhooks.signing import Prove, no_proof
from sighten_simulator.world.dialects import CONTENT_TYPES
from sighten_warehouse.version import __version__

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 30.0
RETRIES = 6
LONGEST_WAIT_S = 5
UNREACHABLE_IN_A_ROW = 4  # then the rest is not tried any more: nobody is there
ACKNOWLEDGED = range(200, 300)
USER_AGENT = f"sighten-warehouse-simulator/{__version__}"

Method = Literal["POST", "PUT", "PATCH"]


@dataclass(frozen=True)
class DeliveryCounts:
    """What came of a plan: by role those acknowledged, and by reason those refused."""

    acknowledged: Mapping[Role, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        """All that were acknowledged, whatever their role."""
        return sum(self.acknowledged.values())

    @property
    def refused(self) -> int:
        """All that were not acknowledged, those included that were given up unsent."""
        return sum(self.refusals.values())

    def __add__(self, other: "DeliveryCounts") -> "DeliveryCounts":
        return DeliveryCounts(
            acknowledged=Counter(self.acknowledged) + Counter(other.acknowledged),
            refusals=Counter(self.refusals) + Counter(other.refusals),
        )


def deliver(  # noqa: PLR0913  (how to deliver has that many sides)
    plan: Sequence[PlannedDelivery],
    *,
    to: str,
    threads: int = 4,
    rate: float | None = None,
    retries: int = RETRIES,
    method: Method = "POST",
    prove: Prove = no_proof,
    on_done: Callable[[PlannedDelivery], None] = lambda _: None,
) -> DeliveryCounts:
    """Send every delivery of the plan to that address, at most `rate` a second; each is tried again a few times.

    Where the receiver cannot be reached several times in a row, the rest is given up and counts as refused.
    `prove` and `on_done` are called from the sending threads.
    """
    pace = Pace(plan, rate=rate)
    tally = _Tally(pace, on_done=on_done)
    ask = partial(_ask, method=method, to=to, prove=prove)
    with ThreadPoolExecutor(threads, thread_name_prefix="sender") as pool:
        senders = [pool.submit(_send_all, pace, tally, ask=ask, retries=retries) for _ in range(threads)]
        try:
            for sender in senders:
                sender.result()
        finally:
            pace.stop()
    return tally.counts()


class _Tally:
    """Counts for all threads; stops them when nobody answers any more."""

    def __init__(self, pace: Pace, *, on_done: Callable[[PlannedDelivery], None]) -> None:
        self._pace = pace
        self._on_done = on_done
        self._lock = threading.Lock()
        self._acknowledged: Counter[Role] = Counter()
        self._refusals: Counter[str] = Counter()
        self._unreachable_in_a_row = 0

    def add(self, delivery: PlannedDelivery, *, refusal: str | None, reached: bool) -> None:
        with self._lock:
            self._unreachable_in_a_row = 0 if reached else self._unreachable_in_a_row + 1
            if refusal is None:
                self._acknowledged[delivery.role] += 1
            else:
                self._refusals[refusal] += 1
            if self._unreachable_in_a_row >= UNREACHABLE_IN_A_ROW:
                self._pace.stop()
        self._on_done(delivery)

    def counts(self) -> DeliveryCounts:
        given_up = {"given up unsent": self._pace.left} if self._pace.left else {}
        return DeliveryCounts(dict(self._acknowledged), dict(self._refusals) | given_up)


def _ask(
    session: requests.Session, delivery: PlannedDelivery, *, method: Method, to: str, prove: Prove
) -> requests.Response:
    content_type = CONTENT_TYPES.get(delivery.dialect, "application/json")
    return session.request(
        method,
        to,
        data=delivery.body,
        headers={"Content-Type": content_type, **prove(delivery.body)},
        timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        allow_redirects=False,
    )


def _send_all(
    pace: Pace, tally: _Tally, *, ask: Callable[[requests.Session, PlannedDelivery], requests.Response], retries: int
) -> None:
    with _session(retries) as session:
        while (delivery := pace.take()) is not None:
            try:
                answer = ask(session, delivery)
            except requests.RequestException as error:
                tally.add(delivery, refusal=f"no answer ({type(error).__name__})", reached=False)
                continue
            refusal = None if answer.status_code in ACKNOWLEDGED else f"status {answer.status_code}"
            tally.add(delivery, refusal=refusal, reached=True)


def _session(retries: int) -> requests.Session:
    """A session that tries again after lost connections, 429 and 503, waiting as long as it is told, within bounds."""
    again = Retry(
        total=retries,
        status_forcelist=(429, 503),
        allowed_methods=None,  # a delivery may be repeated: the receiver's side takes duplicates
        backoff_factor=0.25,
        backoff_max=LONGEST_WAIT_S,
        retry_after_max=LONGEST_WAIT_S,
        raise_on_status=False,
    )
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.trust_env = False  # a proxy or a .netrc is not meant for a delivery to oneself
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=again))
    return session

"""Sends a delivery plan to a receiver and counts the acknowledgements."""

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
from sighten_simulator.webhooks.delivery_queue import DeliveryQueue
from sighten_simulator.webhooks.signing import AuthHeaders, no_auth_headers
from sighten_simulator.world.dialects import CONTENT_TYPES
from sighten_warehouse.version import __version__

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 5.0, 30.0
RETRIES = 6
MAX_WAIT_S = 5
MAX_FAILED_CONNECTIONS = 4  # in a row; then the rest of the plan is not sent
ACKNOWLEDGED = range(200, 300)
USER_AGENT = f"sighten-warehouse-simulator/{__version__}"

Method = Literal["POST", "PUT", "PATCH"]


@dataclass(frozen=True)
class DeliveryCounts:
    """The outcome of a plan: acknowledged deliveries by role, refused ones by reason."""

    acknowledged: Mapping[Role, int] = field(default_factory=dict)
    refusals: Mapping[str, int] = field(default_factory=dict)

    @property
    def delivered(self) -> int:
        """The number of acknowledged deliveries."""
        return sum(self.acknowledged.values())

    @property
    def refused(self) -> int:
        """The number of deliveries not acknowledged, including those never sent."""
        return sum(self.refusals.values())

    def __add__(self, other: "DeliveryCounts") -> "DeliveryCounts":
        return DeliveryCounts(
            acknowledged=Counter(self.acknowledged) + Counter(other.acknowledged),
            refusals=Counter(self.refusals) + Counter(other.refusals),
        )


def deliver(  # noqa: PLR0913  (a delivery has that many options)
    plan: Sequence[PlannedDelivery],
    *,
    to: str,
    threads: int = 4,
    rate: float | None = None,
    retries: int = RETRIES,
    method: Method = "POST",
    auth_headers: AuthHeaders = no_auth_headers,
    on_done: Callable[[PlannedDelivery], None] = lambda _: None,
    on_acknowledged: Callable[[PlannedDelivery, bytes], None] = lambda _delivery, _answer: None,
) -> DeliveryCounts:
    """Send every delivery of the plan to that address, at most `rate` a second, with retries.

    After several failed connections in a row the rest is not sent and counts as refused. `auth_headers`, `on_done`, and
    `on_acknowledged` with the receiver's answer are called from the sending threads.
    """
    queue = DeliveryQueue(plan, rate=rate)
    counter = _DeliveryCounter(queue, on_done=on_done)
    send = partial(_send, method=method, to=to, auth_headers=auth_headers)
    with ThreadPoolExecutor(threads, thread_name_prefix="sender") as pool:
        senders = [
            pool.submit(_send_all, queue, counter, on_acknowledged, send=send, retries=retries) for _ in range(threads)
        ]
        try:
            for sender in senders:
                sender.result()
        finally:
            queue.stop()
    return counter.counts()


class _DeliveryCounter:
    """Counts the outcomes of all threads, and stops the queue when the receiver cannot be reached."""

    def __init__(self, queue: DeliveryQueue, *, on_done: Callable[[PlannedDelivery], None]) -> None:
        self._queue = queue
        self._on_done = on_done
        self._lock = threading.Lock()
        self._acknowledged: Counter[Role] = Counter()
        self._refusals: Counter[str] = Counter()
        self._failed_connections = 0

    def add(self, delivery: PlannedDelivery, *, refusal: str | None, reached: bool) -> None:
        with self._lock:
            self._failed_connections = 0 if reached else self._failed_connections + 1
            if refusal is None:
                self._acknowledged[delivery.role] += 1
            else:
                self._refusals[refusal] += 1
            if self._failed_connections >= MAX_FAILED_CONNECTIONS:
                self._queue.stop()
        self._on_done(delivery)

    def counts(self) -> DeliveryCounts:
        remaining = self._queue.remaining
        not_sent = {"not sent": remaining} if remaining else {}
        return DeliveryCounts(dict(self._acknowledged), dict(self._refusals) | not_sent)


def _send(
    session: requests.Session, delivery: PlannedDelivery, *, method: Method, to: str, auth_headers: AuthHeaders
) -> requests.Response:
    content_type = CONTENT_TYPES.get(delivery.dialect, "application/json")
    return session.request(
        method,
        to,
        data=delivery.body,
        headers={"Content-Type": content_type, **auth_headers(delivery.body)},
        timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        allow_redirects=False,
    )


def _send_all(
    queue: DeliveryQueue,
    counter: _DeliveryCounter,
    on_acknowledged: Callable[[PlannedDelivery, bytes], None],
    *,
    send: Callable[[requests.Session, PlannedDelivery], requests.Response],
    retries: int,
) -> None:
    with _session(retries) as session:
        while (delivery := queue.take()) is not None:
            try:
                response = send(session, delivery)
            except requests.RequestException as error:
                counter.add(delivery, refusal=f"no response ({type(error).__name__})", reached=False)
                continue
            refusal = None if response.status_code in ACKNOWLEDGED else f"status {response.status_code}"
            if refusal is None:
                on_acknowledged(delivery, response.content)
            counter.add(delivery, refusal=refusal, reached=True)


def _session(retries: int) -> requests.Session:
    """A session that retries after lost connections, 429 and 503; it respects Retry-After up to `MAX_WAIT_S`."""
    retry = Retry(
        total=retries,
        status_forcelist=(429, 503),
        allowed_methods=None,  # POST too: the warehouse accepts duplicates
        backoff_factor=0.25,
        backoff_max=MAX_WAIT_S,
        retry_after_max=MAX_WAIT_S,
        raise_on_status=False,
    )
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.trust_env = False  # no proxy, no .netrc: the receiver is usually on this machine
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=retry))
    return session

"""The sender delivers a plan over real HTTP, retries, and counts the acknowledgements."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery, PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.webhooks.delivery_queue import DeliveryQueue
from sighten_simulator.webhooks.sender import DeliveryCounts, deliver
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.cli.simulate import simulate
from sighten_warehouse.http_server import address_of, listen_on_loopback

Respond = Callable[[int], tuple[int, dict[str, str]]]
OK: tuple[int, dict[str, str]] = (200, {})


class Receiver(ThreadingHTTPServer):
    """Keeps the bodies that it acknowledges; `respond` gives status and headers for the n-th request, from 1."""

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.lock = threading.Lock()
        self.requests = 0
        self.times: list[float] = []
        self.bodies: list[bytes] = []
        self.content_types: set[str] = set()
        self.methods: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks/sighten"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        self.server.methods.add(self.command)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.requests += 1
            self.server.times.append(time.monotonic())
            status, headers = self.server.respond(self.server.requests)
            self.server.content_types.add(self.headers["Content-Type"])
            if status == 200:
                self.server.bodies.append(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_PATCH(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def running_receiver(respond: Respond = lambda _: OK) -> Iterator[Receiver]:
    with Receiver(respond) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def plan() -> list[PlannedDelivery]:
    return plan_deliveries(build_simulation(2, 40))


def test_every_delivery_arrives_unchanged_and_is_counted_by_its_role(plan: list[PlannedDelivery]) -> None:
    with running_receiver() as receiver:
        counts = deliver(plan, to=receiver.address)

    assert sorted(delivery.body for delivery in plan) == sorted(receiver.bodies)
    assert {"application/json"} == receiver.content_types
    assert {"POST"} == receiver.methods
    assert len(plan) == counts.delivered
    assert 0 == counts.refused
    assert sum(delivery.role == "late" for delivery in plan) == counts.acknowledged["late"]
    assert sum(delivery.role == "duplicate" for delivery in plan) == counts.acknowledged["duplicate"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_put_and_patch_are_retried_too(plan: list[PlannedDelivery], method: Any) -> None:
    with running_receiver(lambda number: (503, {}) if number == 1 else OK) as receiver:
        counts = deliver(plan[:5], to=receiver.address, method=method)

    assert {method} == receiver.methods
    assert 5 == counts.delivered == len(receiver.bodies)


@pytest.mark.parametrize(
    ("content", "content_type"), [("xml", "application/xml"), ("form", "application/x-www-form-urlencoded")]
)
def test_the_command_sends_xml_and_forms_under_their_content_type(content: str, content_type: str) -> None:
    with running_receiver() as receiver:
        result = _command("--to", receiver.address, "--milestones", "3", "--no-sample", "--content", content)

    assert 0 == result.exit_code
    assert {content_type} == receiver.content_types


def test_one_thread_keeps_the_order_of_the_plan(plan: list[PlannedDelivery]) -> None:
    with running_receiver() as receiver:
        deliver(plan, to=receiver.address, threads=1)

    assert [delivery.body for delivery in plan] == receiver.bodies


def test_a_503_is_retried_after_its_retry_after(plan: list[PlannedDelivery]) -> None:
    with running_receiver(lambda number: (503, {"Retry-After": "1"}) if number == 1 else OK) as receiver:
        counts = deliver(plan, to=receiver.address)

    assert len(plan) == counts.delivered == len(receiver.bodies)
    assert len(plan) + 1 == receiver.requests
    assert receiver.times[-1] - receiver.times[0] >= 1


def test_a_permanent_503_is_a_refusal(plan: list[PlannedDelivery]) -> None:
    with running_receiver(lambda _: (503, {})) as receiver:
        counts = deliver(plan[:3], to=receiver.address, retries=1)

    assert {"status 503": 3} == counts.refusals
    assert 6 == receiver.requests


def test_other_refusals_are_not_retried(plan: list[PlannedDelivery]) -> None:
    with running_receiver(lambda _: (413, {})) as receiver:
        counts = deliver(plan[:5], to=receiver.address)

    assert {"status 413": 5} == counts.refusals
    assert 0 == counts.delivered
    assert 5 == receiver.requests


def test_a_redirect_is_no_acknowledgement(plan: list[PlannedDelivery]) -> None:
    with running_receiver(lambda _: (302, {"Location": "/elsewhere"})) as receiver:
        counts = deliver(plan[:2], to=receiver.address)

    assert {"status 302": 2} == counts.refusals


def test_the_rest_is_not_sent_when_the_receiver_cannot_be_reached(plan: list[PlannedDelivery]) -> None:
    with listen_on_loopback(0) as listener:
        unreachable = address_of(listener)
    counts = deliver(plan, to=unreachable, threads=1, retries=0)

    assert {"no response (ConnectionError)": 4, "not sent": len(plan) - 4} == counts.refusals
    assert len(plan) == counts.refused


def test_each_delivery_is_reported_when_done(plan: list[PlannedDelivery]) -> None:
    done: list[PlannedDelivery] = []

    with running_receiver() as receiver:
        deliver(plan, to=receiver.address, on_done=done.append)

    assert len(plan) == len(done)


def test_a_rate_delays_deliveries_until_they_are_due(plan: list[PlannedDelivery]) -> None:
    now, waits = [100.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    queue = DeliveryQueue(plan[:4], rate=10, clock=lambda: now[0], sleep=sleep)
    taken = [queue.take() for _ in range(5)]

    assert [*plan[:4], None] == taken
    assert [0.1, 0.1, 0.1] == pytest.approx(waits)


def test_counts_of_two_plans_add_up() -> None:
    first = DeliveryCounts({"first": 2, "late": 1}, {"status 413": 1})
    second = DeliveryCounts({"first": 3}, {"status 413": 1, "not sent": 4})

    both = first + second

    assert {"first": 5, "late": 1} == both.acknowledged
    assert {"status 413": 2, "not sent": 4} == both.refusals


def _command(*options: str) -> Result:
    return CliRunner().invoke(simulate, ["deliver", *options])


def test_the_command_delivers_the_vendors_sample_first_and_ends_with_one_line_of_counts() -> None:
    plan = plan_deliveries(build_simulation(1, 5), PlanOptions(tasks=True))
    late, duplicates = (sum(delivery.role == role for delivery in plan) for role in ("late", "duplicate"))

    with running_receiver() as receiver:
        result = _command("--to", receiver.address, "--milestones", "5")

    assert 0 == result.exit_code
    assert [delivery.body for delivery in plan_sample()] == receiver.bodies[:2]
    assert f"delivered {len(plan) + 2}, duplicates {duplicates + 1}, late {late}, refused 0\n" == result.output


def test_the_command_omits_the_sample_with_no_sample() -> None:
    with running_receiver() as receiver:
        result = _command("--to", receiver.address, "--milestones", "2", "--no-sample")

    assert 0 == result.exit_code
    assert len(plan_deliveries(build_simulation(1, 2), PlanOptions(tasks=True))) == len(receiver.bodies)


def test_the_command_exits_with_1_and_a_reason_when_a_delivery_was_not_acknowledged() -> None:
    with running_receiver(lambda number: (413, {}) if number == 2 else OK) as receiver:
        result = _command("--to", receiver.address, "--milestones", "2")

    assert 1 == result.exit_code
    assert ", refused 1\n" in result.stdout
    assert "1 x status 413" in result.stderr


def test_the_command_refuses_an_invalid_address() -> None:
    result = _command("--to", "127.0.0.1:8088")

    assert 2 == result.exit_code
    assert "begins with http://" in result.stderr

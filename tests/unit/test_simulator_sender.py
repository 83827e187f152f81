"""The sender delivers a plan over real HTTP, tries again where that helps, and counts what was acknowledged."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sighten_simulator.webhooks.delivery_plan import Mixture, PlannedDelivery, plan_lives, plan_sample
from sighten_simulator.webhooks.rate import Pace
from sighten_simulator.webhooks.sender import DeliveryCounts, deliver
from sighten_simulator.world.lives import lives
from sighten_warehouse.cli.simulate import simulate
from sighten_warehouse.http_server import address_of, listen_on_loopback

Answer = Callable[[int], tuple[int, dict[str, str]]]
FINE: tuple[int, dict[str, str]] = (200, {})


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; `answer` says how the n-th request, from 1, is answered."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.lock = threading.Lock()
        self.requests = 0
        self.times: list[float] = []
        self.kept: list[bytes] = []
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
            status, headers = self.server.answer(self.server.requests)
            self.server.content_types.add(self.headers["Content-Type"])
            if status == 200:
                self.server.kept.append(body)
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
        """Quiet."""


@contextmanager
def receiver(answer: Answer = lambda _: FINE) -> Iterator[Receiver]:
    with Receiver(answer) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def plan() -> list[PlannedDelivery]:
    return plan_lives(lives(2, 40))


def test_every_delivery_arrives_unchanged_and_is_counted_by_its_role(plan: list[PlannedDelivery]) -> None:
    with receiver() as there:
        counts = deliver(plan, to=there.address)

    assert sorted(delivery.body for delivery in plan) == sorted(there.kept)
    assert {"application/json"} == there.content_types
    assert {"POST"} == there.methods
    assert len(plan) == counts.delivered
    assert 0 == counts.refused
    assert sum(delivery.role == "late" for delivery in plan) == counts.acknowledged["late"]
    assert sum(delivery.role == "duplicate" for delivery in plan) == counts.acknowledged["duplicate"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_webhook_can_be_put_or_patched_and_is_still_tried_again(plan: list[PlannedDelivery], method: Any) -> None:
    with receiver(lambda number: (503, {}) if number == 1 else FINE) as there:
        counts = deliver(plan[:5], to=there.address, method=method)

    assert {method} == there.methods
    assert 5 == counts.delivered == len(there.kept)


@pytest.mark.parametrize(
    ("content", "content_type"), [("xml", "application/xml"), ("form", "application/x-www-form-urlencoded")]
)
def test_the_command_sends_xml_and_forms_under_their_content_type(content: str, content_type: str) -> None:
    with receiver() as there:
        result = _command("--to", there.address, "--milestones", "3", "--no-sample", "--content", content)

    assert 0 == result.exit_code
    assert {content_type} == there.content_types


def test_one_thread_keeps_the_order_of_the_plan(plan: list[PlannedDelivery]) -> None:
    with receiver() as there:
        deliver(plan, to=there.address, threads=1)

    assert [delivery.body for delivery in plan] == there.kept


def test_a_503_is_tried_again_after_the_time_that_it_names(plan: list[PlannedDelivery]) -> None:
    with receiver(lambda number: (503, {"Retry-After": "1"}) if number == 1 else FINE) as there:
        counts = deliver(plan, to=there.address)

    assert len(plan) == counts.delivered == len(there.kept)
    assert len(plan) + 1 == there.requests
    assert there.times[-1] - there.times[0] >= 1


def test_a_503_that_stays_is_a_refusal(plan: list[PlannedDelivery]) -> None:
    with receiver(lambda _: (503, {})) as there:
        counts = deliver(plan[:3], to=there.address, retries=1)

    assert {"status 503": 3} == counts.refusals
    assert 6 == there.requests


def test_other_refusals_are_not_tried_again(plan: list[PlannedDelivery]) -> None:
    with receiver(lambda _: (413, {})) as there:
        counts = deliver(plan[:5], to=there.address)

    assert {"status 413": 5} == counts.refusals
    assert 0 == counts.delivered
    assert 5 == there.requests


def test_a_redirect_is_no_acknowledgement(plan: list[PlannedDelivery]) -> None:
    with receiver(lambda _: (302, {"Location": "/elsewhere"})) as there:
        counts = deliver(plan[:2], to=there.address)

    assert {"status 302": 2} == counts.refusals


def test_the_rest_is_given_up_when_nobody_is_there(plan: list[PlannedDelivery]) -> None:
    with listen_on_loopback(0) as listener:
        nobody = address_of(listener)
    counts = deliver(plan, to=nobody, threads=1, retries=0)

    assert {"no answer (ConnectionError)": 4, "given up unsent": len(plan) - 4} == counts.refusals
    assert len(plan) == counts.refused


def test_each_delivery_is_reported_as_it_is_done(plan: list[PlannedDelivery]) -> None:
    done: list[PlannedDelivery] = []

    with receiver() as there:
        deliver(plan, to=there.address, on_done=done.append)

    assert len(plan) == len(done)


def test_a_rate_lets_deliveries_go_only_when_they_are_due(plan: list[PlannedDelivery]) -> None:
    now, waits = [100.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    pace = Pace(plan[:4], rate=10, clock=lambda: now[0], sleep=sleep)
    taken = [pace.take() for _ in range(5)]

    assert [*plan[:4], None] == taken
    assert [0.1, 0.1, 0.1] == pytest.approx(waits)


def test_counts_of_two_plans_add_up() -> None:
    first = DeliveryCounts({"first": 2, "late": 1}, {"status 413": 1})
    second = DeliveryCounts({"first": 3}, {"status 413": 1, "given up unsent": 4})

    both = first + second

    assert {"first": 5, "late": 1} == both.acknowledged
    assert {"status 413": 2, "given up unsent": 4} == both.refusals


def _command(*options: str) -> Result:
    return CliRunner().invoke(simulate, ["deliver", *options])


def test_the_command_delivers_the_vendors_sample_first_and_ends_with_one_line_of_counts() -> None:
    plan = plan_lives(lives(1, 5), Mixture(tasks=True))
    late, duplicates = (sum(delivery.role == role for delivery in plan) for role in ("late", "duplicate"))

    with receiver() as there:
        result = _command("--to", there.address, "--milestones", "5")

    assert 0 == result.exit_code
    assert [delivery.body for delivery in plan_sample()] == there.kept[:2]
    assert f"delivered {len(plan) + 2}, duplicates {duplicates + 1}, late {late}, refused 0\n" == result.output


def test_the_command_leaves_the_sample_out_when_told() -> None:
    with receiver() as there:
        result = _command("--to", there.address, "--milestones", "2", "--no-sample")

    assert 0 == result.exit_code
    assert len(plan_lives(lives(1, 2), Mixture(tasks=True))) == len(there.kept)


def test_the_command_ends_with_1_and_a_reason_when_a_delivery_was_not_acknowledged() -> None:
    with receiver(lambda number: (413, {}) if number == 2 else FINE) as there:
        result = _command("--to", there.address, "--milestones", "2")

    assert 1 == result.exit_code
    assert ", refused 1\n" in result.stdout
    assert "1 x status 413" in result.stderr


def test_the_command_refuses_an_address_that_is_none() -> None:
    result = _command("--to", "127.0.0.1:8088")

    assert 2 == result.exit_code
    assert "begins with http://" in result.stderr

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line

pytestmark = pytest.mark.e2e

PATH = "/webhooks/sighten"
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n".encode()
COMMAND = [sys.executable, "-c", "from sighten_warehouse.cli import run_alone; run_alone()", "receive"]
SOON = 60.0


class Process:
    """A receiver in a process of its own."""

    def __init__(self, home: Path, *options: str, files: int | None = None, **settings: str) -> None:
        self.landing = home / "production" / "landing"
        limit = [] if files is None else ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]
        self._process = subprocess.Popen(
            [*limit, *COMMAND, "--port", "0", *options],
            env=environment(home, **settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.first_line = self._process.stdout.readline()
        self.port = int(self.first_line.partition("://")[2].partition("/")[0].rpartition(":")[2])
        self.pid = self._process.pid

    def deliver(self, body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        try:
            connection.request("POST", PATH, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SOON)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and stderr."""
        _, errors = self._process.communicate(timeout=SOON)
        return self._process.returncode, errors

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def landed(self) -> dict[str, bytes]:
        """Bodies by landing id; fails if a line is incomplete or an id occurs twice."""
        names = landing_files(self.landing)
        for name in names:
            assert (self.landing / name).read_bytes().endswith(b"\n")
        lines = [parse_landing_line(raw) for name in names for raw in read_raw_lines(self.landing / name)]
        assert {1} >= set(Counter(line.landing_id for line in lines).values())
        return {line.landing_id: line.body_as_received() for line in lines}


class Senders:
    """Threads that deliver body after body until refused, and record what was acknowledged."""

    def __init__(self, process: Process, *, threads: int) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self.other_responses: list[bytes] = []
        self._port = process.port
        self._threads = [threading.Thread(target=self._deliver, args=(number,)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def wait_until_acknowledged(self, number: int) -> None:
        until = monotonic() + SOON
        while len(self.acknowledged) < number:
            assert monotonic() < until
            threading.Event().wait(0.005)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(SOON)

    def _deliver(self, sender: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SOON)
        with suppress(OSError, http.client.HTTPException):
            for number in range(100_000):
                body = b'{"sender": %d, "number": %d, "filler": "%s"}' % (sender, number, b"x" * 5000)
                connection.request("POST", PATH, body)
                response = connection.getresponse()
                content = response.read()
                if response.status == 200:
                    self.acknowledged[content.split(b'"')[3].decode()] = body
                else:
                    self.other_responses.append(content)
        connection.close()


def environment(home: Path, **settings: str) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}
    return {**others, "SIGHTEN_HOME": str(home), **settings}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    with ExitStack() as stack:

        def start_process(*options: str, files: int | None = None, **settings: str) -> Process:
            process = Process(tmp_path / "home with spaces", *options, files=files, **settings)
            stack.callback(process.close)
            return process

        yield start_process


@contextmanager
def largest_file(process: Process, size: int) -> Iterator[None]:
    """Let the kernel refuse larger files to the process, as a full disk does."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_on_a_stop_signal_it_finishes_what_it_accepted_and_exits_with_0(
    start: Callable[..., Process], number: signal.Signals
) -> None:
    process = start()
    senders = Senders(process, threads=8)
    senders.wait_until_acknowledged(50)
    with process.connect() as half_sent:
        half_sent.sendall(HEAD + b"nu")
        process.deliver(b"the half sent one is accepted by now")

        process.send(number)
        wait_until_closed(process)
        half_sent.sendall(b"ll")
        response = half_sent.recv(1000)

    code, errors = process.end()
    senders.join()
    landed = process.landed()
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"null" in landed.values()
    assert senders.acknowledged.items() <= landed.items()
    assert [] == senders.other_responses
    assert "WARNING" not in errors
    assert 0 == code, errors


def test_two_receivers_on_one_landing_lose_and_double_nothing_while_one_stops(start: Callable[..., Process]) -> None:
    first, second = start(), start()
    senders = [Senders(process, threads=4) for process in (first, second)]
    for sender in senders:
        sender.wait_until_acknowledged(50)

    first.send(signal.SIGTERM)
    code, errors = first.end()
    second.send(signal.SIGTERM)
    second.end()

    for sender in senders:
        sender.join()
    landed = second.landed()
    assert 0 == code, errors
    assert (senders[0].acknowledged | senders[1].acknowledged).items() <= landed.items()


def test_stalled_connections_do_not_use_up_its_open_files(start: Callable[..., Process]) -> None:
    process = start(files=256)
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(process.connect()).sendall(HEAD[:-10])

        statuses = [process.deliver(b"1")[0] for _ in range(20)]

    process.send(signal.SIGTERM)
    code, errors = process.end()
    assert [200] * 20 == statuses
    assert "connections_full" in errors
    assert "Too many open files" not in errors
    assert 0 == code, errors


def wait_until_closed(process: Process) -> None:
    until = monotonic() + SOON
    while monotonic() < until:
        try:
            process.connect().close()
        except (ConnectionRefusedError, ConnectionResetError):  # reset: closed while still in its queue
            return
    pytest.fail("it still takes new connections")


def test_a_stalled_sender_does_not_keep_it_from_ending(start: Callable[..., Process]) -> None:
    process = start()
    with process.connect() as stalled, process.connect() as idle:
        stalled.sendall(HEAD + b"nu")
        process.deliver(b"the stalled one is accepted by now")
        started = monotonic()

        process.send(signal.SIGTERM)
        response = stalled.recv(1000)
        code, errors = process.end()
        seconds = monotonic() - started

        assert b"" == idle.recv(1000)
    assert response.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after" in response
    assert seconds < 10
    assert "Traceback" not in errors
    assert 0 == code, errors


def test_two_signals_in_a_row_do_not_hang_it(start: Callable[..., Process]) -> None:
    process = start()
    senders = Senders(process, threads=4)
    senders.wait_until_acknowledged(20)

    process.send(signal.SIGINT)
    process.send(signal.SIGINT)

    code, errors = process.end()
    senders.join()
    assert senders.acknowledged.items() <= process.landed().items()
    assert 0 == code, errors


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs prlimit, which only Linux has")
def test_a_full_disk_gives_503_and_leaves_no_partial_file(start: Callable[..., Process]) -> None:
    process = start()
    process.deliver(b"1")

    with largest_file(process, 10_000):
        refused, content = process.deliver(b"x" * 50_000)
        small, _ = process.deliver(b"2")
    large, _ = process.deliver(b"y" * 50_000)

    assert (503, 200, 200) == (refused, small, large)
    assert b"not_stored" in content
    assert [b"1", b"2", b"y" * 50_000] == sorted(process.landed().values())
    assert [] == list(process.landing.rglob("*.tmp"))


def test_it_prints_address_and_landing_warns_of_open_access_and_logs_no_payload(
    start: Callable[..., Process],
) -> None:
    process = start("--host", "0.0.0.0", SIGHTEN_RECEIVER_OPEN_TO_ANYONE="yes")  # noqa: S104  (it must warn of this)
    _, content = process.deliver(b'{"comment": "personal"}')
    process.send(signal.SIGTERM)

    _, errors = process.end()

    landing_id = content.split(b'"')[3].decode()
    assert f"receiver listens on http://0.0.0.0:{process.port}{PATH} and lands in {process.landing}\n" == (
        process.first_line
    )
    assert f"event=landed landing_id={landing_id} bytes=23" in errors
    assert "personal" not in errors
    assert "WARNING: " in errors
    assert "SIGHTEN_WEBHOOK_AUTH=none" in errors

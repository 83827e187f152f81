"""How commands are told to end."""

import subprocess
import sys

INTERRUPTED_AT_ANY_POINT = """
import signal
from sighten_warehouse.cli.ending import StopRequest

for number in range(3000):
    request = StopRequest()
    signal.signal(signal.SIGALRM, request.set)
    signal.setitimer(signal.ITIMER_REAL, (20 + number % 50) * 1e-6)
    while not request.wait(1e-6):
        pass
    assert request.is_set() and request.wait(1000)
"""


def test_a_signal_at_any_point_of_waiting_for_it_is_a_request_to_stop() -> None:
    command = [sys.executable, "-c", INTERRUPTED_AT_ANY_POINT]

    assert 0 == subprocess.run(command, env={"PYTHONPATH": "include"}, check=False, timeout=60).returncode

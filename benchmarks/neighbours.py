"""What surrounds the noisy tenant, each as a process: who floods it, an API that never answers, a program of others."""

import argparse
import http.client
import itertools
import random
import socket
import threading
from pathlib import Path
from typing import NoReturn

from benchmarks.payloads import lines

CONNECTIONS = 4
PATH = "/webhooks/sighten/acme"
BODIES = 2_000
NUMBERS = 1_000_000
GARBAGE = b"<html>" + b"no JSON " * 1_900  # as big as a payload


def main() -> None:
    """Do one of them until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument("what", choices=["flood", "silence", "computing"])
    parser.add_argument("port", type=int, nargs="?")
    parser.add_argument("bodies", choices=["deliveries", "garbage"], nargs="?")
    parser.add_argument("payloads", type=Path, nargs="?")
    options = parser.parse_args()
    if options.what == "computing":
        _compute()
    if options.port is None or (options.what == "flood" and options.bodies is None):
        parser.error("expected a port, and for a flood the kind of bodies too")
    if options.what == "silence":
        _be_silent(options.port)
    bodies = [GARBAGE] if options.bodies == "garbage" else list(lines(options.payloads, 0, BODIES))
    senders = [
        threading.Thread(target=_flood, args=(options.port, bodies[n::CONNECTIONS] or bodies))
        for n in range(CONNECTIONS)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _flood(port: int, bodies: list[bytes]) -> None:
    """Deliver one body after the other as fast as they are answered; duplicates after the last."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for body in itertools.cycle(bodies):
        connection.request("POST", PATH, body)
        connection.getresponse().read()


def _compute() -> NoReturn:
    """Keep a core and the memory busy: what that costs others is the machine's doing."""
    numbers = [random.random() for _ in range(NUMBERS)]
    while True:
        sorted(numbers)


def _be_silent(port: int) -> NoReturn:
    """Accept every connection and answer nothing."""
    with socket.create_server(("127.0.0.1", port), backlog=512) as listener:
        kept = []
        while True:
            kept.append(listener.accept()[0])


if __name__ == "__main__":
    main()

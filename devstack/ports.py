"""The ports the stack listens on: which, chosen how, and whether they are free."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devstack.errors import WrongUseError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Port:
    """A port, what listens on it, and the environment variable that chooses another."""

    number: int
    purpose: str
    variable: str

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"http://{LOOPBACK}:{self.number}"


def read_port(environ: Mapping[str, str], variable: str, *, purpose: str, default: int) -> Port:
    """The port that the variable names, or the default.

    Raises:
        WrongUseError: it names no port.
    """
    text = environ.get(variable) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004  (the largest port there is)
        raise WrongUseError(f"{variable}: expected a port, a number from 1 to 65535 (got {text!r})")
    return Port(int(text), purpose, variable)


def refuse_taken(ports: Iterable[Port]) -> None:
    """Nothing if all ports are free and differ.

    Raises:
        WrongUseError: names each taken one, what it is for, and the variable that chooses another.
    """
    seen: dict[int, Port] = {}
    complaints = []
    for port in ports:
        if port.number in seen:
            rival = seen[port.number]
            complaints.append(_complain(port, f"also chosen for {rival.purpose} by {rival.variable}"))
        elif is_taken(port.number):
            complaints.append(_complain(port, "taken by another process"))
        seen[port.number] = port
    if complaints:
        raise WrongUseError("\n".join(complaints))


def _complain(port: Port, why: str) -> str:
    return f"port {port.number}, for {port.purpose}, is {why}; choose another: {port.variable}=<port> make run"


def is_taken(number: int) -> bool:
    """Whether something listens on that port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # What a stopped server leaves behind for a minute (TIME_WAIT) does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return True
    return False

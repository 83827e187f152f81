"""The ports the stack listens on: reading them from the environment, and checking that they are free."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devstack.errors import WrongUseError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Port:
    """A port, what listens on it, and the environment variable that changes it."""

    number: int
    purpose: str
    variable: str

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"http://{LOOPBACK}:{self.number}"


def read_port(environ: Mapping[str, str], variable: str, *, purpose: str, default: int) -> Port:
    """The port in that variable, or the default.

    Raises:
        WrongUseError: it is not a port.
    """
    text = environ.get(variable) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004  (the largest port there is)
        raise WrongUseError(f"{variable}: expected a port, a number from 1 to 65535 (got {text!r})")
    return Port(int(text), purpose, variable)


def require_free(ports: Iterable[Port]) -> None:
    """Check that all ports are free and different.

    Raises:
        WrongUseError: names each taken port, its purpose, and the variable that changes it.
    """
    seen: dict[int, Port] = {}
    problems = []
    for port in ports:
        if port.number in seen:
            other = seen[port.number]
            problems.append(_describe_taken(port, f"also chosen for {other.purpose} by {other.variable}"))
        elif is_taken(port.number):
            problems.append(_describe_taken(port, "taken by another process"))
        seen[port.number] = port
    if problems:
        raise WrongUseError("\n".join(problems))


def _describe_taken(port: Port, why: str) -> str:
    return f"port {port.number}, for {port.purpose}, is {why}; choose another: {port.variable}=<port> make run"


def is_taken(number: int) -> bool:
    """Whether something listens on that port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # A stopped server's port stays in TIME_WAIT for a minute; that counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError:
            return True
    return False

"""HTTP connections with a deadline for the whole response, even if its bytes drip in."""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_deadline: ContextVar[float] = ContextVar("_deadline")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Limit responses that a `BoundedAdapter` opens inside this context to `seconds`, body included.

    After that they fail like a read timeout. A read timeout alone is not enough: it restarts with every byte, so a
    header or a chunk size could drip for days. A context variable, since `requests` passes nothing else down.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class _BoundedReader(io.RawIOBase):
    """Reads a socket up to a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, *, deadline: float) -> None:
        self._raw = raw
        self._sock = sock
        self._read_timeout = sock.gettimeout()
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the response did not end in time")
        self._sock.settimeout(remaining if self._read_timeout is None else min(remaining, self._read_timeout))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        reader = _BoundedReader(self.fp.detach(), sock, deadline=_deadline.get(float("inf")))
        self.fp = io.BufferedReader(reader)


class _BoundedHTTPConnection(HTTPConnection):
    response_class = _BoundedResponse


class _BoundedHTTPSConnection(HTTPSConnection):
    response_class = _BoundedResponse


class BoundedAdapter(HTTPAdapter):
    """Opens connections that obey `time_limit`."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Return the connection pool for the request's host."""
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        pool.ConnectionCls = _BoundedHTTPSConnection if pool.scheme == "https" else _BoundedHTTPConnection
        return pool

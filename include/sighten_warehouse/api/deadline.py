"""Connections whose answers end in time, however slowly their bytes drip."""

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

_until: ContextVar[float] = ContextVar("_until")


@contextmanager
def ending_within(seconds: float) -> Iterator[None]:
    """An answer that is opened meanwhile by a `BoundedAdapter` is over after so many seconds, its body too.

    It fails then as after a read timeout. That alone would not do: it begins anew with every byte, so a head or the
    size of a chunk could drip for days. And `requests` hands nothing else down to its connections.
    """
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


class _BoundedReader(io.RawIOBase):
    """The bytes that a socket receives, until the time is over."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, *, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._pause = sock.gettimeout()
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        self._sock.settimeout(left if self._pause is None else min(left, self._pause))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        reader = _BoundedReader(self.fp.detach(), sock, until=_until.get(float("inf")))
        self.fp = io.BufferedReader(reader)


class _BoundedHTTPConnection(HTTPConnection):
    response_class = _BoundedResponse


class _BoundedHTTPSConnection(HTTPSConnection):
    response_class = _BoundedResponse


class BoundedAdapter(HTTPAdapter):
    """Makes connections that mind `ending_within`."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """The pool of connections to where the request goes."""
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        pool.ConnectionCls = _BoundedHTTPSConnection if pool.scheme == "https" else _BoundedHTTPConnection
        return pool

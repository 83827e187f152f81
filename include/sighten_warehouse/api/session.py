"""The HTTP session: one request and its reply, with deadlines and kept connections."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from sighten_warehouse.api.answer import Reply, RetryableFailure
from sighten_warehouse.api.deadline import BoundedAdapter, time_limit
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import RejectedError
from sighten_warehouse.version import __version__

CONNECT_S = 5.0
READ_S = 60.0
MEBIBYTE = 1024 * 1024
MAX_BODY_BYTES = 64 * MEBIBYTE
CHUNK_BYTES = 64 * 1024
# Errors that mean the network failed while requesting or reading a response.
NETWORK_ERRORS = (requests.RequestException, HTTPError)


def retryable_failure(error: Exception) -> RetryableFailure:
    """Convert one of `NETWORK_ERRORS`; only its type is shown, since its message holds the address."""
    if isinstance(error, requests.ConnectTimeout):
        return RetryableFailure(f"no connection within {CONNECT_S:g} s")
    return RetryableFailure(f"no complete response ({_innermost(error)})")


def _innermost(error: BaseException) -> str:
    """The type name of the wrapped cause: `ConnectionRefusedError` rather than `ConnectionError`."""
    inner: object = error
    while isinstance(inner, BaseException):
        error = inner
        inner = getattr(error, "reason", None) or next(
            (part for part in reversed(error.args) if isinstance(part, BaseException)), None
        )
    return type(error).__name__


class _NoRedirectSession(requests.Session):
    """A session that ignores redirects.

    Even with `allow_redirects=False`, `requests` prepares the next request: it reads the whole body for that, and
    fails on a malformed address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: the caller handles redirects."""


class HttpSession:
    """One HTTP session for all threads of a client.

    A `requests` session is unsafe to share because of its cookies; this one accepts none, and nothing else of it
    changes after it is made. The connection pool is thread-safe. A session per thread would leave connections open
    after the thread ends.

    Args:
        auth: signs each request, or removes credentials.
        adapter: opens the connections.
        clock: measures the deadlines.
    """

    def __init__(self, *, auth: AuthBase, adapter: BoundedAdapter, clock: Clock) -> None:
        # urllib3 logs addresses with their ids and query, at DEBUG and in warnings.
        for name in ("urllib3.connectionpool", "urllib3.connection"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._auth = auth
        self._clock = clock
        self._session = _NoRedirectSession()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "User-Agent": f"sighten-warehouse/{__version__}"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def read_reply(
        self, response: requests.Response | RetryableFailure, *, path: str, deadline: float
    ) -> Reply | RetryableFailure:
        """Read the body of an open response.

        Raises:
            RejectedError: the body is larger than 64 MiB.
        """
        if isinstance(response, RetryableFailure):
            return response
        try:
            body = self._read(response, path, deadline)
        except NETWORK_ERRORS as error:
            return retryable_failure(error)
        if isinstance(body, RetryableFailure):
            return body
        return Reply(response.status_code, response.headers, body, self._clock.now())

    @contextmanager
    def open(
        self, url: str, *, deadline: float, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response | RetryableFailure]:
        """Open the response without reading its body, or yield why that failed; redirects are not followed.

        Reading the body may raise `NETWORK_ERRORS`; the caller handles them and checks the deadline.
        """
        response = self._open(url, deadline, headers)
        if isinstance(response, RetryableFailure):
            yield response
            return
        with response:
            yield response

    def _open(
        self, url: str, deadline: float, headers: Mapping[str, str] | None
    ) -> requests.Response | RetryableFailure:
        remaining = deadline - self._clock.monotonic()
        if remaining <= 0:
            return RetryableFailure("not requested: the deadline had passed")
        try:
            with time_limit(remaining):
                return self._session.get(
                    url,
                    headers=headers,
                    auth=self._auth,
                    timeout=(min(CONNECT_S, remaining), min(READ_S, remaining)),
                    allow_redirects=False,
                    stream=True,
                )
        except NETWORK_ERRORS as error:
            return retryable_failure(error)

    def _read(self, response: requests.Response, path: str, deadline: float) -> bytes | RetryableFailure:
        body = bytearray()
        # Read chunk by chunk: the read timeout applies to each chunk, so a body that drips would never end.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise RejectedError(
                    "answer_too_large", place=path, expected=f"at most {MAX_BODY_BYTES // MEBIBYTE} MiB"
                )
            if self._clock.monotonic() >= deadline:
                return RetryableFailure("a body that did not end in time")
        return bytes(body)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

"""One request to the API and its whole reply, over connections that are kept for the next."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from sighten_warehouse.api.answer import Reply, RetryableFailure
from sighten_warehouse.api.deadline import BoundedAdapter, ending_within
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import RejectedError
from sighten_warehouse.version import __version__

CONNECT_S = 5.0
READ_S = 60.0
MEBIBYTE = 1024 * 1024
LARGEST_BODY = 64 * MEBIBYTE
PIECE_BYTES = 64 * 1024
# What a request or the reading of its answer raises when the network, not the answer, is to blame.
NETWORK_ERRORS = (requests.RequestException, HTTPError)


def retryable_failure(error: Exception) -> RetryableFailure:
    """One of `NETWORK_ERRORS` as a reason to ask again: only the kind of it, since its message holds the address."""
    if isinstance(error, requests.ConnectTimeout):
        return RetryableFailure(f"no connection within {CONNECT_S:g} s")
    return RetryableFailure(f"no whole answer ({_innermost(error)})")


def _innermost(error: BaseException) -> str:
    """The name of the reason that the libraries wrap: `ConnectionRefusedError` rather than `ConnectionError`."""
    inner: object = error
    while isinstance(inner, BaseException):
        error = inner
        inner = getattr(error, "reason", None) or next(
            (part for part in reversed(error.args) if isinstance(part, BaseException)), None
        )
    return type(error).__name__


class _Session(requests.Session):
    """One that leaves redirects alone.

    `requests` prepares the next request even where it is told not to follow: it reads the whole body for that, and
    fails over an address that is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: whoever asks decides."""


class Exchange:
    """One session for all threads of a client.

    What makes a session unsafe to share is what it keeps between requests: cookies. This one takes none, and nothing
    else of it changes after it is made; the pool of connections below it is made for threads. One session for each
    thread would keep the same connections in more places, and leave them open when the threads are gone.

    Args:
        auth: signs each request, or takes care that nothing does.
        adapter: makes the connections.
        clock: for how long a request may take.
    """

    def __init__(self, *, auth: AuthBase, adapter: BoundedAdapter, clock: Clock) -> None:
        # At DEBUG it writes each address with its query, and so ids; its warnings may hold addresses too.
        for name in ("urllib3.connectionpool", "urllib3.connection"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._auth = auth
        self._clock = clock
        self._session = _Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "User-Agent": f"sighten-warehouse/{__version__}"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)

    def whole(
        self, response: requests.Response | RetryableFailure, *, path: str, until: float
    ) -> Reply | RetryableFailure:
        """The opened answer with its body.

        Raises:
            RejectedError: the body is larger than an answer of the API can sensibly be.
        """
        if isinstance(response, RetryableFailure):
            return response
        try:
            body = self._read(response, path, until)
        except NETWORK_ERRORS as error:
            return retryable_failure(error)
        if isinstance(body, RetryableFailure):
            return body
        return Reply(response.status_code, response.headers, body, self._clock.now())

    @contextmanager
    def opened(
        self, url: str, *, until: float, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response | RetryableFailure]:
        """The answer with its body unread, or why there is none; redirects are not followed.

        Whoever reads the body minds `NETWORK_ERRORS` and the time.
        """
        response = self._open(url, until, headers)
        if isinstance(response, RetryableFailure):
            yield response
            return
        with response:
            yield response

    def _open(self, url: str, until: float, headers: Mapping[str, str] | None) -> requests.Response | RetryableFailure:
        left = until - self._clock.monotonic()
        if left <= 0:
            return RetryableFailure("not asked: its time was over")
        try:
            with ending_within(left):
                return self._session.get(
                    url,
                    headers=headers,
                    auth=self._auth,
                    timeout=(min(CONNECT_S, left), min(READ_S, left)),
                    allow_redirects=False,
                    stream=True,
                )
        except NETWORK_ERRORS as error:
            return retryable_failure(error)

    def _read(self, response: requests.Response, path: str, until: float) -> bytes | RetryableFailure:
        body = bytearray()
        # Piece by piece as they come: the read timeout is for each piece, and a body that drips would never end.
        while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
            body += piece
            if len(body) > LARGEST_BODY:
                raise RejectedError("answer_too_large", place=path, expected=f"at most {LARGEST_BODY // MEBIBYTE} MiB")
            if self._clock.monotonic() >= until:
                return RetryableFailure("a body that did not end in time")
        return bytes(body)

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._session.close()

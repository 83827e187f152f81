"""One request to the API and its whole reply, over connections that are kept for the next."""

import logging
from http.cookiejar import DefaultCookiePolicy

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from sighten_warehouse import __version__
from sighten_warehouse.api_answer import Reply, Setback
from sighten_warehouse.api_origin import Origin, TokenAuth
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import RejectedError

CONNECT_S = 5.0
READ_S = 60.0
MEBIBYTE = 1024 * 1024
LARGEST_BODY = 64 * MEBIBYTE
_PIECE = 64 * 1024


class Exchange:
    """One session for all threads of a client.

    What makes a session unsafe to share is what it keeps between requests: cookies. This one takes none, and nothing
    else of it changes after it is made; the pool of connections below it is made for threads. One session for each
    thread would keep the same connections in more places, and leave them open when the threads are gone.
    """

    def __init__(self, *, token: SecretStr, origin: Origin, concurrency: int, clock: Clock) -> None:
        # At DEBUG it writes each address with its query, and so ids; its warnings may hold addresses too.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
        self._auth = TokenAuth(token, origin=origin)
        self._clock = clock
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "User-Agent": f"sighten-warehouse/{__version__}"})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=concurrency))

    def ask(self, url: str, *, path: str, until: float) -> Reply | Setback:
        """What comes back by then (monotonic seconds), or why nothing whole did; redirects are not followed.

        Raises:
            RejectedError: the body is larger than an answer of the API can sensibly be.
        """
        left = until - self._clock.monotonic()
        if left <= 0:
            return Setback("not asked: its time was over")
        try:
            with self._session.get(
                url,
                auth=self._auth,
                timeout=(min(CONNECT_S, left), min(READ_S, left)),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = self._read(response, path, until)
                if isinstance(body, Setback):
                    return body
                return Reply(response.status_code, response.headers, body, self._clock.now())
        except requests.ConnectTimeout:
            return Setback(f"no connection within {CONNECT_S:g} s")
        except (requests.RequestException, HTTPError) as error:
            # Only the kind of it: the message holds the whole address.
            return Setback(f"no whole answer ({_innermost(error)})")

    def _read(self, response: requests.Response, path: str, until: float) -> bytes | Setback:
        body = bytearray()
        # Piece by piece as they come: the read timeout is for each piece, and a body that drips would never end.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > LARGEST_BODY:
                raise RejectedError("answer_too_large", place=path, expected=f"at most {LARGEST_BODY // MEBIBYTE} MiB")
            if self._clock.monotonic() >= until:
                return Setback("a body that did not end in time")
        return bytes(body)

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._session.close()


def _innermost(error: BaseException) -> str:
    """The name of the reason that the libraries wrap: `ConnectionRefusedError` rather than `ConnectionError`."""
    inner: object = error
    while isinstance(inner, BaseException):
        error = inner
        inner = getattr(error, "reason", None) or next(
            (part for part in reversed(error.args) if isinstance(part, BaseException)), None
        )
    return type(error).__name__

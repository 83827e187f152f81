"""The API's origin, and an auth object that sends the token only there."""

import re
from dataclasses import dataclass

from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import WHERE_THE_TOKEN_IS, Secret

_TOKEN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port; the token goes to one origin only."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + ("" if self.is_default_port else f":{self.port}")

    @property
    def is_default_port(self) -> bool:
        """Whether the port is the scheme's default."""
        return DEFAULT_PORTS[self.scheme] == self.port


def origin_of(url: str) -> Origin | None:
    """The origin of an absolute http or https address; None for anything else.

    Uses the parser that `requests` uses, so an odd spelling cannot mean one host here and another there.
    """
    try:
        parsed = parse_url(url)
    except LocationParseError:
        return None
    if parsed.scheme not in DEFAULT_PORTS or not parsed.host:
        return None
    return Origin(parsed.scheme, parsed.host.lower(), parsed.port or DEFAULT_PORTS[parsed.scheme])


class TokenAuth(AuthBase):
    """Signs requests to one origin and removes credentials from all others.

    `requests` by itself would keep the header on a redirect from http to https, and would take credentials from
    `.netrc` for requests without an auth object.
    """

    def __init__(self, token: Secret, *, origin: Origin) -> None:
        if not _TOKEN.fullmatch(token.value):
            raise SettingError(f"{WHERE_THE_TOKEN_IS}: expected ASCII characters only, without spaces at the ends")
        self._token = token
        self._origin = origin

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return the request, signed if it goes to the origin."""
        request.headers.pop("Authorization", None)
        if request.url is not None and origin_of(request.url) == self._origin:
            request.headers["Authorization"] = f"Token {self._token.value}"
        return request

"""Where the API is, and that the token goes nowhere else."""

import re
from dataclasses import dataclass

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import WHERE_THE_TOKEN_IS

_TOKEN = re.compile(r"[!-~](?:[ -~]*[!-~])?")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port: whoever differs in one of them is somebody else."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}" + ("" if self.is_default_port else f":{self.port}")

    @property
    def is_default_port(self) -> bool:
        """Whether the port goes without saying."""
        return DEFAULT_PORTS[self.scheme] == self.port


def origin_of(url: str) -> Origin | None:
    """Of an absolute http or https address; None of anything else.

    It is read by the parser that `requests` sends by, so that no odd spelling means one host here and another there.
    """
    try:
        parsed = parse_url(url)
    except LocationParseError:
        return None
    if parsed.scheme not in DEFAULT_PORTS or not parsed.host:
        return None
    return Origin(parsed.scheme, parsed.host.lower(), parsed.port or DEFAULT_PORTS[parsed.scheme])


class TokenAuth(AuthBase):
    """Signs requests to one origin, and takes care that no other gets credentials.

    `requests` itself would keep the header on the way from http to https, and would let a `.netrc` replace or add
    credentials wherever a request has no auth object of its own.
    """

    def __init__(self, token: SecretStr, *, origin: Origin) -> None:
        if not _TOKEN.fullmatch(token.get_secret_value()):
            raise SettingError(f"{WHERE_THE_TOKEN_IS}: expected ASCII characters alone, and no space at its ends")
        self._token = token
        self._origin = origin

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request, signed if it goes to the origin."""
        request.headers.pop("Authorization", None)
        if request.url is not None and origin_of(request.url) == self._origin:
            request.headers["Authorization"] = f"Token {self._token.get_secret_value()}"
        return request

"""Where a download may be led to: no address that is private, loopback or otherwise not of the public internet."""

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from sighten_warehouse.api.deadline import BoundedAdapter
from sighten_warehouse.documents.errors import DownloadError

Address = IPv4Address | IPv6Address
Reach = Literal["public", "private", "loopback", "special"]
# From host and port to the addresses that the name has.
Resolve = Callable[[str, int], list[Address]]

_NAT64 = ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, in the order of the system's preference; of a number in any spelling, that one.

    Raises:
        OSError: the name has none.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]


def reach_of(address: Address) -> Reach:
    """From where that address can be reached; `special` is for those that lead nowhere one should go."""
    inner = _embedded(address)
    if inner is not None:
        return reach_of(inner)
    if address.is_loopback:
        return "loopback"
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return "special"
    if address.is_global:
        return "public"
    return "private" if address.is_private else "special"


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, or through 6to4, Teredo or NAT64."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def reaches_of(host: str, port: int) -> frozenset[Reach]:
    """Those of a name's addresses; none of a name that has none."""
    try:
        return frozenset(reach_of(address) for address in resolve(host, port))
    except (OSError, UnicodeError):
        return frozenset()


class Unsigned(AuthBase):
    """Sends no credentials at all: with an auth object, `requests` looks for none in a `.netrc` or in the address."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The request without credentials."""
        request.headers.pop("Authorization", None)
        return request


class GuardedAdapter(BoundedAdapter):
    """Connects to the very address that was checked, under the name that was asked for.

    So a name that resolves to another address the next moment changes nothing.

    Args:
        allowed: from where the addresses may be reached, besides the public ones.
        resolve: finds a name's addresses.
        pool_maxsize: connections kept for each address.
    """

    def __init__(self, *, allowed: Iterable[Reach], resolve: Resolve = resolve, pool_maxsize: int) -> None:
        self._allowed = {"public", *allowed} - {"special"}
        self._resolve = resolve
        super().__init__(pool_maxsize=pool_maxsize)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Sends the request to the checked address, with the name in `Host`."""
        request.headers["Host"] = urlsplit(request.url or "").netloc
        return super().send(request, *args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Where to connect to, and which name the certificate has to bear.

        Raises:
            DownloadError: the name leads where a download must not go.
        """
        attributes: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, verify, cert)
        host, pool = attributes
        name = str(host["host"])
        port = host["port"] or (443 if host["scheme"] == "https" else 80)
        host["host"] = str(self._checked(name, int(port)))
        if host["scheme"] == "https":
            pool |= {"server_hostname": name, "assert_hostname": name}
        return host, pool

    def _checked(self, name: str, port: int) -> Address:
        try:
            addresses = self._resolve(name, port)
        except (OSError, UnicodeError) as error:
            raise requests.ConnectionError(f"the name has no address ({type(error).__name__})") from None
        # One bad address among several is enough: which of them is taken is not the sender's to choose.
        bad = next((reach for reach in map(reach_of, addresses) if reach not in self._allowed), None)
        if bad is not None or not addresses:
            raise DownloadError("not_followed", said=f"redirected to a {bad or 'missing'} address")
        return addresses[0]

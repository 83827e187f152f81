"""Guards downloads against redirects to private, loopback and other non-public addresses."""

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
# Resolves a host and port to addresses.
Resolve = Callable[[str, int], list[Address]]

_NAT64 = ip_network("64:ff9b::/96")
# Never a document's host. What `ipaddress` calls private, or in older versions even global, depends on its version.
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; 192.0.0.192 answers with a cloud's credentials
            "168.63.129.16/32",  # the same in another cloud, at an address that is global
            "fd00:ec2::254/128",  # and in others, at private ones
            "fd20:ce::254/128",
            "64:ff9b:1::/48",  # NAT64 of a network's own: any IPv4 address may be behind it
            "100::/64",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
        ),
    )
)


def resolve(host: str, port: int) -> list[Address]:
    """Resolve a host name or numeric address in any spelling, in the system's order of preference.

    Raises:
        OSError: the name has no address.
    """
    infos = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in infos]


def reach_of(address: Address) -> Reach:
    """Classify an address; `special` ones (multicast, link-local, reserved …) are never allowed."""
    inner = _embedded_ipv4(address)
    if inner is not None:
        return reach_of(inner)
    if address.is_loopback:
        return "loopback"
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return "special"
    if any(address in network for network in _SPECIAL):
        return "special"
    if address.is_global:
        return "public"
    return "private" if address.is_private else "special"


def _embedded_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 one: mapped, 6to4, Teredo or NAT64."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def reaches_of(host: str, port: int) -> frozenset[Reach]:
    """Classify all addresses of a name; an empty set if it has none."""
    try:
        return frozenset(reach_of(address) for address in resolve(host, port))
    except (OSError, UnicodeError):
        return frozenset()


class Unsigned(AuthBase):
    """Sends no credentials; without an auth object, `requests` would take them from `.netrc` or the address."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request without credentials."""
        request.headers.pop("Authorization", None)
        return request


class GuardedAdapter(BoundedAdapter):
    """Checks the address of each host and connects to exactly that address.

    A host name that resolves to another address after the check (DNS rebinding) has no effect.

    Args:
        allowed: kinds of addresses allowed besides public ones.
        resolve: resolves names.
        pool_maxsize: connections kept for each address.
    """

    def __init__(self, *, allowed: Iterable[Reach], resolve: Resolve = resolve, pool_maxsize: int) -> None:
        self._allowed = {"public", *allowed} - {"special"}
        self._resolve = resolve
        super().__init__(pool_maxsize=pool_maxsize)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send the request to the checked address, with the name in `Host`; never through a proxy.

        A proxy would resolve the name anew, so that the check would say nothing.
        """
        request.headers["Host"] = urlsplit(request.url or "").netloc
        return super().send(request, *args, **kwargs | {"proxies": None})

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return the checked address to connect to, and the host name for the certificate check.

        Raises:
            DownloadError: the name resolves to an address that is not allowed.
        """
        attributes: tuple[Any, Any] = super().build_connection_pool_key_attributes(request, verify, cert)
        host, pool = attributes
        name = str(host["host"])
        port = host["port"] or (443 if host["scheme"] == "https" else 80)
        host["host"] = str(self._resolve_checked(name, int(port)))
        if host["scheme"] == "https":
            pool |= {"server_hostname": name, "assert_hostname": name}
        return host, pool

    def _resolve_checked(self, name: str, port: int) -> Address:
        try:
            addresses = self._resolve(name, port)
        except (OSError, UnicodeError) as error:
            raise requests.ConnectionError(f"the name has no address ({type(error).__name__})") from None
        # Refuse if any address is bad: the owner of the name controls their order.
        bad = next((reach for reach in map(reach_of, addresses) if reach not in self._allowed), None)
        if bad is not None or not addresses:
            raise DownloadError("not_followed", message=f"redirected to a {bad or 'missing'} address")
        return addresses[0]

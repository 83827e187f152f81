"""Where alerts are sent to: the addresses in SIGHTEN_ALERTS."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from sighten_warehouse.settings import Secret

SMTP_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True)
class Target:
    """One address; only `name` may be shown, since the others may hold secrets.

    `url`: the address to post to, of a webhook or Slack. The others are of an e-mail.
    """

    name: str
    kind: str
    host: str
    port: int | None
    url: str = field(default="", repr=False)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    recipient: str = field(default="", repr=False)
    sender: str = field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return _is_local(self.host)


def targets_of(addresses: Iterable[Secret]) -> list[Target]:
    """The targets, each with a name of its own."""
    found, names = [], Counter[str]()
    for address in addresses:
        scheme, _, rest = address.value.partition("://")
        parts = urlsplit(f"{scheme.lower()}://{rest}")
        name = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        names[name] += 1
        found.append(_target(parts.geturl(), f"{name} ({names[name]})" if names[name] > 1 else name))
    return found


def _target(address: str, name: str) -> Target:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme in SMTP_PORTS:
        recipient, user = unquote(parts.path.lstrip("/")), unquote(parts.username) if parts.username else None
        sender = parse_qs(parts.query).get("from", [user if user and "@" in user else recipient])[0]
        return Target(
            name,
            parts.scheme,
            host,
            parts.port or SMTP_PORTS[parts.scheme],
            user=user,
            password=unquote(parts.password) if parts.password else None,
            recipient=recipient,
            sender=sender,
        )
    if parts.scheme == "slack":
        scheme = "http" if _is_local(host) else "https"
        return Target(name, "slack", host, parts.port, url=parts._replace(scheme=scheme).geturl())
    return Target(name, "webhook", host, parts.port, url=address)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Telling what a web page in a browser can send to this machine from what a program sends."""

import ipaddress
from collections.abc import Iterable


def is_sent_by_a_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a web page in a browser sent a request with these headers, whose names are lower-case.

    Browsers send `Origin` with every POST of a page, and newer ones `Sec-Fetch-Site`. What no page sent has neither, or
    `none`.
    """
    return any(name == b"origin" or (name == b"sec-fetch-site" and value.lower() != b"none") for name, value in headers)


def may_name_this_machine(host: bytes) -> bool:
    """Whether a `Host` header can be that of a request to loopback.

    The owner of a domain can let its name lead to this machine, and its page then reads what is served there. So a name
    in a domain is none of ours; addresses, `localhost` and names without a full stop are not anybody's to give.
    """
    name = host.decode("latin-1").strip().lower().removesuffix(".")
    name = name.partition("]")[0].removeprefix("[") if name.startswith("[") else name.partition(":")[0]
    if "." not in name or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

"""The links of a Markdown page, outside of its code."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

_CODE = re.compile(r"(?ms)^ *(?P<fence>```+|~~~+).*?^ *(?P=fence)|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)")
_TARGET = re.compile(r"(?<=\]\()[^)\s]+(?=\))")
_HOST = re.compile(r"(?i)[a-z0-9-]+(\.[a-z0-9-]+)+|localhost")


def replace_links(page: str, replacement: Callable[[str], str]) -> str:
    """The page, with each link's target replaced by what `replacement` makes of it; code is left alone."""

    def replaced(text: str) -> str:
        return _TARGET.sub(lambda match: replacement(match[0]), text)

    done = ""
    end = 0
    for code in _CODE.finditer(page):
        done += replaced(page[end : code.start()]) + code[0]
        end = code.end()
    return done + replaced(page[end:])


def is_external(target: str) -> bool:
    """Whether the target is an address, not a path."""
    return "://" in target or target.startswith(("//", "mailto:"))


def is_well_formed(address: str) -> bool:
    """Whether something could be there: https or http, a host, and a port that is a number, if any."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and _HOST.fullmatch(parts.hostname or "") is not None

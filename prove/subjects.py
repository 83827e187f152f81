"""Whom a life erases, and which bodies an erasure takes or cuts."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from itertools import cycle

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery

_SITE = re.compile(rb"""["']site["']:\s*["']([0-9a-f-]{36})""")
_ADDRESS = re.compile(rb"[\w.+-]+@[\w-]+\.[\w.-]+")


class Subjects:
    """A site and a person that few bodies name: options of `erase`, in turn, again and again."""

    def __init__(self, plan: Sequence[PlannedDelivery]) -> None:
        bodies = [delivery.body for delivery in plan]
        self._values = {
            f"--{kind}={value}": value
            for kind, value in (("site", _rarest(_SITE, bodies)), ("email", _rarest(_ADDRESS, bodies)))
        }
        self._turns = cycle(self._values)
        self.started: dict[str, str] = {}
        self._digests = {
            option: {hashlib.sha256(body).hexdigest() for body in bodies if value.encode() in body}
            for option, value in self._values.items()
        }

    def next(self) -> str:
        """The next option; its erasure counts as started."""
        option = next(self._turns)
        self.started[option] = self._values[option]
        return option

    @property
    def erasable(self) -> set[str]:
        """The SHA-256 of the bodies that name somebody whose erasure was started."""
        return {digest for option in self.started for digest in self._digests[option]}


def _rarest(pattern: re.Pattern[bytes], bodies: Sequence[bytes]) -> str:
    """What the pattern finds in the fewest bodies, but in more than one."""
    named: Counter[bytes] = Counter(found for body in bodies for found in set(pattern.findall(body)))
    rarest = min((value for value, times in named.items() if times > 1), key=lambda value: (named[value], value))
    return rarest.decode()

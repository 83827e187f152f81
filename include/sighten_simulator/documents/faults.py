"""What can go wrong with a document on purpose, and with which documents it does."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from sighten_simulator.world.chance import are_shares, chance

Trouble = Literal[
    "truncated",  # half the body under the whole length, then the connection ends
    "unended",  # half the body without a length, then the connection ends
    "short",  # half the body under half the length: nothing in HTTP tells
    "empty",  # no body at all, with 200
    "html",  # a page that says sorry, with 200
    "forbidden",  # 403
    "missing",  # 404
    "server_error",  # 500
    "slow",  # the whole body, late
]
RedirectTo = Literal["storage", "relative", "loop", "nowhere", "file", "private", "expired"]
Ranges = Literal["yes", "no", "wrong"]
Names = Literal["encoded", "plain", "hostile", "none"]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)


@dataclass(frozen=True)
class Documents:
    """How the simulated Sighten hands documents out; by default all of them, at once and whole.

    Args:
        redirects: the share of documents that are not handed out by the API itself.
        redirect_to: where those are: `storage` is a signed URL on another port, `relative` one on this; others trap.
        ranges: whether part of a document can be asked for; `wrong` sends other bytes than it says it does.
        names: how `Content-Disposition` tells the name; `hostile` tells paths and control characters.
        generated: whether documents that were only generated can be downloaded too.
        least_bytes: how long a document is at least.
        troubles: the share of documents that meet each trouble; the seed says which ones.
        troubled: the trouble of single documents, by their ids; goes before the shares.
        tries: how often a document meets its trouble before it comes right; None is for ever.
        slow_s: how late a slow one is.
    """

    redirects: float = 0.0
    redirect_to: RedirectTo = "storage"
    ranges: Ranges = "yes"
    names: Names = "encoded"
    generated: bool = False
    least_bytes: int = 0
    troubles: Mapping[Trouble, float] = field(default_factory=dict)
    troubled: Mapping[str, Trouble] = field(default_factory=dict)
    tries: int | None = None
    slow_s: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.redirects <= 1:
            raise ValueError(f"share of redirects: {self.redirects}; expected a number from 0 to 1")
        if not are_shares(self.troubles.values()):
            raise ValueError("shares of documents in trouble: expected numbers from 0 that add up to at most 1")


class Fate:
    """Which documents redirect and which meet trouble, by the seed, and how often they have."""

    def __init__(self, documents: Documents, *, seed: int) -> None:
        self._documents = documents
        self._seed = seed
        self._met: Counter[str] = Counter()

    def redirects(self, document_id: str) -> bool:
        """Whether the API sends those who ask for it elsewhere."""
        return chance(self._seed, "redirect", document_id).random() < self._documents.redirects

    def trouble(self, document_id: str) -> Trouble | None:
        """What goes wrong when it is asked for now, if anything does."""
        found = self._documents.troubled.get(document_id) or self._drawn(document_id)
        tries = self._documents.tries
        return found if tries is None or self._met[document_id] < tries else None

    def meet(self, document_id: str) -> None:
        """Count that its trouble was met once more."""
        self._met[document_id] += 1

    def _drawn(self, document_id: str) -> Trouble | None:
        draw = chance(self._seed, "trouble", document_id).random()
        for trouble, share in self._documents.troubles.items():
            if draw < share:
                return trouble
            draw -= share
        return None

"""How documents are served: redirects, names, ranges, and the troubles that some documents have."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from sighten_simulator.world.randomness import are_valid_shares, seeded_random

Trouble = Literal[
    "truncated",  # half the body with the full Content-Length, then the connection closes
    "unended",  # half the body without Content-Length, then the connection closes
    "short",  # half the body with its own Content-Length: HTTP cannot show that it is short
    "empty",  # no body, with 200
    "html",  # an error page, with 200
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
class DocumentOptions:
    """How documents are served; by default by the API itself and without troubles.

    Args:
        redirects: the share of documents that the API redirects.
        redirect_to: the target: `storage` is a signed URL on another port, `relative` one on this port; the others
            are traps.
        ranges: whether range requests are supported; `wrong` sends other bytes than `Content-Range` says.
        names: the form of the name in `Content-Disposition`; `hostile` has paths and control characters.
        generated: whether generated documents can be downloaded, as well as uploaded ones.
        least_bytes: the minimum size of a document.
        troubles: the share of documents that have each trouble; the seed decides which ones.
        troubled: the trouble of single documents, by id; overrides the shares.
        tries: after that many responses with trouble a document is served correctly; None for never.
        slow_s: the delay of a slow response, in seconds.
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
        if not are_valid_shares(self.troubles.values()):
            raise ValueError("shares of documents in trouble: expected numbers from 0 that add up to at most 1")


class DocumentTroubles:
    """Decides by the seed which documents redirect and which have a trouble, and counts the troubles that occurred."""

    def __init__(self, options: DocumentOptions, *, seed: int) -> None:
        self._options = options
        self._seed = seed
        self._counts: Counter[str] = Counter()

    def redirects(self, document_id: str) -> bool:
        """Whether the API redirects requests for the document."""
        return seeded_random(self._seed, "redirect", document_id).random() < self._options.redirects

    def trouble(self, document_id: str) -> Trouble | None:
        """The trouble of the next response, if any."""
        trouble = self._options.troubled.get(document_id) or self._drawn(document_id)
        tries = self._options.tries
        return trouble if tries is None or self._counts[document_id] < tries else None

    def count(self, document_id: str) -> None:
        """Count one response with trouble."""
        self._counts[document_id] += 1

    def _drawn(self, document_id: str) -> Trouble | None:
        draw = seeded_random(self._seed, "trouble", document_id).random()
        for trouble, share in self._options.troubles.items():
            if draw < share:
                return trouble
            draw -= share
        return None

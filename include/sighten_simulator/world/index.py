"""What the simulated Sighten's API can find: lives and sites by the ids that are asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sighten_simulator.world.chance import written
from sighten_simulator.world.lives import Life
from sighten_simulator.world.people import Site


@dataclass(frozen=True)
class KnownDocument:
    """A document that some snapshot named."""

    document_id: str
    name: str
    is_uploaded: bool


class Index:
    """Everything one user can be told at one moment, made once; nothing in it changes."""

    def __init__(self, lives: Iterable[Life], *, seed: int) -> None:
        self.seed = seed
        self.lives = tuple(lives)
        self.lives_by_site: dict[str, list[Life]] = {}
        for life in self.lives:
            self.lives_by_site.setdefault(life.site.site_id, []).append(life)
        self.sites = {life.site.site_id: life.site for life in self.lives}
        self.site_by_quote = {quote_id: site for site in self.sites.values() for quote_id in site.quote_ids}

    @cached_property
    def documents(self) -> dict[str, KnownDocument]:
        """Every document by its id."""
        return {one.document_id: one for documents in self.documents_by_sub_task.values() for one in documents}

    @cached_property
    def documents_by_sub_task(self) -> dict[str, list[KnownDocument]]:
        """Every document in the order in which they came; those that a later state lacks stay known."""
        found: dict[str, dict[str, KnownDocument]] = {}
        for life in self.lives:
            for state in life.states:
                for sub_task_id, given in _documents(state.payload):
                    known = KnownDocument(given["uuid"], given["name"], given["creation_type"] == "UPLOADED")
                    found.setdefault(sub_task_id, {}).setdefault(known.document_id, known)
        return {sub_task_id: list(documents.values()) for sub_task_id, documents in found.items()}

    def last_updated(self, site: Site) -> str:
        """When anything of the site was last changed: a milestone, or which quote is signed."""
        lives = self.lives_by_site[site.site_id]
        updates = [datetime.fromisoformat(str(life.final["date_updated"])) for life in lives]
        return written(max([*updates, *(signing.signed_at for signing in site.signings)]))

    def is_approved(self, site: Site) -> bool:
        """Whether a signed contract of the site was approved, so that its approved baseline exists."""
        is_any = any(life.final["status"] == "APPROVED" for life in self.lives_by_site[site.site_id])
        return is_any and site.signed_quote_id is not None


def _documents(payload: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for task in payload["tasks"]:
        for sub_task in task["sub_tasks"]:
            if isinstance(sub_task["data"], dict):
                for document in sub_task["data"]["documents"]:
                    yield sub_task["uuid"], document

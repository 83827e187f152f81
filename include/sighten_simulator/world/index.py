"""Lives, sites and documents by id, for the simulated API."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sighten_simulator.world.lives import Life
from sighten_simulator.world.people import Site
from sighten_simulator.world.timestamps import format_time


@dataclass(frozen=True)
class IndexedDocument:
    """A document that occurs in a snapshot."""

    document_id: str
    name: str
    is_uploaded: bool


class Index:
    """Everything that one user may see at one moment; never changes."""

    def __init__(self, lives: Iterable[Life], *, seed: int) -> None:
        self.seed = seed
        self.lives = tuple(lives)
        self.lives_by_site: dict[str, list[Life]] = {}
        for life in self.lives:
            self.lives_by_site.setdefault(life.site.site_id, []).append(life)
        self.sites = {life.site.site_id: life.site for life in self.lives}
        self.site_by_quote = {quote_id: site for site in self.sites.values() for quote_id in site.quote_ids}

    @cached_property
    def documents(self) -> dict[str, IndexedDocument]:
        """Every document by its id."""
        return {
            document.document_id: document
            for documents in self.documents_by_sub_task.values()
            for document in documents
        }

    @cached_property
    def documents_by_sub_task(self) -> dict[str, list[IndexedDocument]]:
        """Every document of each sub_task, oldest first, including those that a later state lacks."""
        by_sub_task: dict[str, dict[str, IndexedDocument]] = {}
        for life in self.lives:
            for state in life.states:
                for sub_task_id, entry in _documents(state.payload):
                    document = IndexedDocument(entry["uuid"], entry["name"], entry["creation_type"] == "UPLOADED")
                    by_sub_task.setdefault(sub_task_id, {}).setdefault(document.document_id, document)
        return {sub_task_id: list(documents.values()) for sub_task_id, documents in by_sub_task.items()}

    def last_updated(self, site: Site) -> str:
        """When a milestone or the signed quote of the site last changed."""
        lives = self.lives_by_site[site.site_id]
        updates = [datetime.fromisoformat(str(life.final["date_updated"])) for life in lives]
        return format_time(max([*updates, *(signing.signed_at for signing in site.signings)]))

    def is_approved(self, site: Site) -> bool:
        """Whether the site has an approved baseline: a signed quote and an approved milestone."""
        has_approved = any(life.final["status"] == "APPROVED" for life in self.lives_by_site[site.site_id])
        return has_approved and site.signed_quote_id is not None


def _documents(payload: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for task in payload["tasks"]:
        for sub_task in task["sub_tasks"]:
            if isinstance(sub_task["data"], dict):
                for document in sub_task["data"]["documents"]:
                    yield sub_task["uuid"], document

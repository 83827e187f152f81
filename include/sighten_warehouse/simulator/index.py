"""What the simulated Sighten's API can find: lives and sites by the ids that are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sighten_warehouse.simulator.cast import Site
from sighten_warehouse.simulator.lives import Life, Simulation


@dataclass(frozen=True)
class KnownDocument:
    """A document that some snapshot named."""

    document_id: str
    name: str
    is_uploaded: bool


class Index:
    """Everything the API answers from, made once; nothing in it changes."""

    def __init__(self, simulation: Simulation, *, further: tuple[Life, ...] = ()) -> None:
        self.seed = simulation.seed
        self.lives = (*further, *simulation.lives)
        self.lives_by_site: dict[str, list[Life]] = {}
        for life in self.lives:
            self.lives_by_site.setdefault(life.site.site_id, []).append(life)
        self.sites = {life.site.site_id: life.site for life in self.lives}
        self.site_by_quote = {quote_id: site for site in self.sites.values() for quote_id in site.quote_ids}
        self.site_by_workflow = {site.workflow_id: site for site in self.sites.values()}
        self.documents: dict[str, KnownDocument] = {}
        self.documents_by_sub_task: dict[str, list[KnownDocument]] = {}
        for life in self.lives:
            self._add_documents(life)

    def _add_documents(self, life: Life) -> None:
        """Those that a later snapshot lacks stay known; `final` comes last, so that its newest is the newest."""
        for payload in (*(snapshot.payload for snapshot in life.snapshots), life.final):
            for sub_task_id, given in _documents(payload):
                known = KnownDocument(given["uuid"], given["name"], given["creation_type"] == "UPLOADED")
                if known.document_id not in self.documents:
                    self.documents[known.document_id] = known
                    self.documents_by_sub_task.setdefault(sub_task_id, []).append(known)

    def last_updated(self, site: Site) -> str:
        """When any milestone of the site was last updated."""
        return max(str(life.final["date_updated"]) for life in self.lives_by_site[site.site_id])

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

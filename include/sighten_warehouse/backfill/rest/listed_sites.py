"""Reads from landing and lake which sites the API listed and what was pulled of them; makes no calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sighten_warehouse.landing.erasures import read_tombstones
from sighten_warehouse.querying import open_models
from sighten_warehouse.settings import Settings


@dataclass(frozen=True)
class ListedSite:
    """One site by the newest list; times are UTC without a zone.

    `updated_at` is None if no list has it; such a site belongs to no day and counts as landed once it was pulled.
    `is_landed` means landed since its last update; `milestones` is their number, None unless `is_landed`.
    """

    site_id: str
    updated_at: datetime | None
    listed_at: datetime
    is_landed: bool
    is_loaded: bool
    milestones: int | None

    @property
    def day(self) -> date | None:
        """The day of its last update, if known."""
        return self.updated_at.date() if self.updated_at else None


@dataclass(frozen=True)
class ListedSites:
    """All sites that were ever listed, except erased ones.

    Args:
        sites: the sites, by last update, those without one last.
        listed_at: when all sites were last listed; None if never.
        pulled: by site that is not landed, its milestones that need not be pulled again.
        is_erased: whether a milestone was erased, and must not be pulled.
    """

    sites: tuple[ListedSite, ...]
    listed_at: datetime | None
    pulled: dict[str, frozenset[str]]
    is_erased: Callable[[str], bool] = lambda _: False


def read_listed_sites(settings: Settings) -> ListedSites:
    """Read the listed sites, except erased ones.

    Raises:
        LakeError: commits contradict each other.
    """
    tombstones = read_tombstones(settings.layout)
    models = ("enrich.listed_sites", "enrich.pulled_milestones")
    with open_models(settings.layout, models, inputs={}, variables={}) as connection:
        columns = "site_id, site_updated_at, listed_at, is_landed, is_loaded, milestones"
        rows = connection.execute(f"select {columns} from enrich.listed_sites order by site_updated_at, site_id")
        listed = (ListedSite(*row) for row in rows.fetchall())
        sites = tuple(site for site in listed if not tombstones.is_erased_id(site.site_id))
        newest = connection.execute("select max(received_at) from history.site_listings where is_whole_list").fetchone()
        by_site = "select site_id, list(milestone_id) from enrich.pulled_milestones group by site_id"
        pulled = {site_id: frozenset(ids) for site_id, ids in connection.execute(by_site).fetchall()}
    return ListedSites(sites, newest[0] if newest else None, pulled, tombstones.is_erased_id)

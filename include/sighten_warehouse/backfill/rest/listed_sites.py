"""What is known of the sites that the API listed: told from landing and lake, so that it asks nothing."""

from dataclasses import dataclass
from datetime import date, datetime

from sighten_warehouse.load.query import open_models
from sighten_warehouse.settings import Settings


@dataclass(frozen=True)
class ListedSite:
    """One site, as the newest list has it; times are UTC without a zone.

    `updated_at` is None where no list tells it; such a site belongs to no day, and is landed once it was pulled.
    `milestones` is the number that was landed; None unless `is_landed`, since its last update.
    """

    site_id: str
    updated_at: datetime | None
    listed_at: datetime
    is_landed: bool
    is_loaded: bool
    milestones: int | None

    @property
    def day(self) -> date | None:
        """The day of history that it belongs to, if any."""
        return self.updated_at.date() if self.updated_at else None


@dataclass(frozen=True)
class ListedSites:
    """The sites, those that were updated first first, those of no known time last.

    Args:
        sites: every site that was ever listed.
        listed_at: when all sites were last asked for; None if they never were.
        pulled: by site, the milestones that need not be pulled again although their site is not landed.
    """

    sites: tuple[ListedSite, ...]
    listed_at: datetime | None
    pulled: dict[str, frozenset[str]]


def read_listed_sites(settings: Settings) -> ListedSites:
    """What is known now.

    Raises:
        LakeError: commits contradict each other.
    """
    wanted = ("enrich.listed_sites", "enrich.pulled_milestones")
    with open_models(settings.layout, wanted, inputs={}, variables={}) as connection:
        columns = "site_id, site_updated_at, listed_at, is_landed, is_loaded, milestones"
        rows = connection.execute(f"select {columns} from enrich.listed_sites order by site_updated_at, site_id")
        sites = tuple(ListedSite(*row) for row in rows.fetchall())
        newest = connection.execute("select max(received_at) from history.site_listings where is_whole_list").fetchone()
        listed = "select site_id, list(milestone_id) from enrich.pulled_milestones group by site_id"
        pulled = {site_id: frozenset(ids) for site_id, ids in connection.execute(listed).fetchall()}
    return ListedSites(sites, newest[0] if newest else None, pulled)

"""The simulated Sighten's present: how far its lives have gone, and what each user sees of them."""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from sighten_simulator.world.index import Index
from sighten_simulator.world.lives import Life, Simulation
from sighten_simulator.world.people import END
from sighten_simulator.world.sample import sample_life


@dataclass(frozen=True)
class Account:
    """A token, and the ids of the organizations whose sites its user may see; None means all."""

    token: str = field(repr=False)
    organizations: frozenset[str] | None = None


EVERYTHING = Account(token="")


class World:
    """A simulation, the vendor's sample and the moment at which both are looked at, which can be moved.

    Args:
        simulation: the lives; they are all lived to the end already, and only shown up to the moment.
        now: the moment to begin with.
    """

    def __init__(self, simulation: Simulation, *, now: datetime = END) -> None:
        self.seed = simulation.seed
        self.lives: tuple[Life, ...] = (sample_life(), *simulation.lives)
        self._now = now
        self._seen: dict[frozenset[str] | None, Index] = {}

    @property
    def now(self) -> datetime:
        """The moment up to which the lives are shown."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Show the lives as they were at that moment, earlier or later."""
        self._now = moment
        self._seen.clear()

    def seen_by(self, account: Account) -> Index:
        """All that this account's user may see now."""
        shown = account.organizations
        if shown not in self._seen:
            begun = [life for one in self.lives if (life := one.as_of(self._now)) is not None]
            visible = [life for life in begun if shown is None or life.site.organization_id in shown]
            self._seen[shown] = Index(visible, seed=self.seed)
        return self._seen[shown]

    def asked_by(self, request: Request) -> Index:
        """All that the user who sent this request may see now."""
        return self.seen_by(getattr(request.state, "account", EVERYTHING))

    def re_signs_to_come(self) -> list[datetime]:
        """When the next re-signs will be, the earliest first."""
        sites = {life.site.site_id: life.site for life in self.lives}
        return sorted(one.signed_at for site in sites.values() for one in site.re_signs if one.signed_at > self._now)

"""The simulated Sighten at one moment, and what each user may see of it."""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from sighten_simulator.world.index import Index
from sighten_simulator.world.lives import Life, Simulation
from sighten_simulator.world.sample import sample_life


@dataclass(frozen=True)
class Account:
    """A token, and the ids of the organizations that its user may see; None means all."""

    token: str = field(repr=False)
    organizations: frozenset[str] | None = None


EVERYTHING = Account(token="")


class World:
    """A simulation and the vendor's sample at a moment that can be moved.

    Args:
        simulation: the complete lives, of which the part up to the moment is visible.
        now: the first moment; the end of all lives by default.
    """

    def __init__(self, simulation: Simulation, *, now: datetime | None = None) -> None:
        self.seed = simulation.seed
        self.lives: tuple[Life, ...] = (sample_life(), *simulation.lives)
        self.end = simulation.end
        self._now = now or simulation.end
        self._indexes: dict[frozenset[str] | None, Index] = {}

    @property
    def now(self) -> datetime:
        """The simulated present."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Change the simulated present, forwards or backwards."""
        self._now = moment
        self._indexes.clear()

    def index_for(self, account: Account) -> Index:
        """Everything that the account's user may see now."""
        allowed = account.organizations
        if allowed not in self._indexes:
            begun = [life for life in (life.as_of(self._now) for life in self.lives) if life is not None]
            visible = [life for life in begun if allowed is None or life.site.organization_id in allowed]
            self._indexes[allowed] = Index(visible, seed=self.seed)
        return self._indexes[allowed]

    def index_for_request(self, request: Request) -> Index:
        """Everything that the user of this request may see now."""
        return self.index_for(getattr(request.state, "account", EVERYTHING))

    def future_re_signs(self) -> list[datetime]:
        """The times of all re-signs after the present, earliest first."""
        sites = {life.site.site_id: life.site for life in self.lives}
        times = (signing.signed_at for site in sites.values() for signing in site.re_signs)
        return sorted(time for time in times if time > self._now)

"""What earlier runs delivered to this home, so that a run delivers only what has happened since."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sighten_warehouse.durable import write_durably
from sighten_warehouse.settings import Settings

SEED = 1
GOES_ON = timedelta(days=45)  # so that there is something to deliver on the next days too


@dataclass(frozen=True)
class SimulatedPast:
    """`ends`: the day when the simulated lives end, some weeks after the first run, so that they go on in later runs.

    `delivered_until`: the end of what was delivered; None if nothing was.
    """

    milestones: int
    ends: str
    delivered_until: str | None = None

    def options(self, milestones: int, until: datetime) -> list[str]:
        """The options of `sighten-warehouse simulate` for that many milestones."""
        lives = ["--milestones", str(milestones), "--seed", str(SEED), "--ends", self.ends]
        return [*lives, "--lives-until", f"{until:%Y-%m-%dT%H:%M:%S}"]

    def delivery_options(self) -> list[str]:
        """The options of `simulate deliver` that leave out what was delivered."""
        if self.delivered_until is None:
            return []
        return ["--no-sample", "--since", self.delivered_until]


def read_past(settings: Settings, *, milestones: int, today: datetime) -> SimulatedPast:
    """What was delivered to this home; a run with another number of milestones delivers all of them."""
    path = _record(settings)
    if not path.exists():
        return SimulatedPast(milestones, f"{today + GOES_ON:%Y-%m-%d}")
    past = SimulatedPast(**json.loads(path.read_bytes()))
    return past if past.milestones == milestones else SimulatedPast(milestones, past.ends)


def record_delivered(settings: Settings, past: SimulatedPast, until: datetime) -> None:
    """Record that everything up to that time is delivered."""
    done = SimulatedPast(past.milestones, past.ends, f"{until:%Y-%m-%dT%H:%M:%S}")
    write_durably(_record(settings), json.dumps(asdict(done)).encode())


def _record(settings: Settings) -> Path:
    # In the home, because it goes when the home goes.
    return settings.layout.root / "simulated.json"

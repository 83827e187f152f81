"""The drift that somebody has looked at, recorded in the home beside its codes."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout

ACKNOWLEDGED_COLUMNS = dict.fromkeys(("kind", "path", "drift", "value", "note"), "varchar") | {
    "acknowledged_at": "timestamp"
}


@dataclass(frozen=True, kw_only=True)
class Acknowledged:
    """One place of `ops.drift`; `value` is the code if it is an unknown one. `acknowledged_at`: ISO 8601, UTC."""

    kind: str | None
    path: str
    drift: str
    value: str | None
    note: str | None
    acknowledged_at: str

    @property
    def key(self) -> tuple[str | None, str, str, str | None]:
        """What identifies the place."""
        return self.kind, self.path, self.drift, self.value


def read_acknowledged(layout: Layout) -> list[Acknowledged]:
    """Every place that was acknowledged.

    Raises:
        SettingError: the file is ill-formed.
    """
    path = layout.acknowledged_drift
    try:
        return [Acknowledged(**facts) for facts in json.loads(path.read_bytes())] if path.exists() else []
    except (ValueError, TypeError) as error:
        raise SettingError(f"{path}: expected a list that `drift acknowledge` writes: {error}") from None


def add_acknowledged(layout: Layout, places: Sequence[Acknowledged]) -> None:
    """Record the places; one that was acknowledged before is replaced."""
    known = {place.key: place for place in (*read_acknowledged(layout), *places)}
    content = json.dumps([asdict(place) for place in known.values()], indent=1, ensure_ascii=False)
    write_durably(layout.acknowledged_drift, content.encode())

"""Drift of the published version, and acknowledging it."""

from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from sighten_warehouse.clock import Clock
from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.errors import NotPublishedError
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.acknowledged import Acknowledged, add_acknowledged, read_acknowledged
from sighten_warehouse.publish.pseudonyms import pseudonym, pseudonym_key
from sighten_warehouse.remotes import present
from sighten_warehouse.settings import Settings

_PLACES = "select drift.kind, path, drift, example, deliveries, last_seen_at, coalesce(pseudonym, 'masked') "
_PLACES += "from ops.drift left join ops.pseudonyms on pseudonyms.kind = 'path' and value = path"


@dataclass(frozen=True)
class DriftPlace:
    """One row of `ops.drift`; `acknowledged` is None while nobody has looked.

    `masked_path` and `digest`, by which the place is known again, may be shown anywhere.
    """

    kind: str | None
    path: str
    drift: str
    example: str | None
    deliveries: int
    last_seen_at: datetime
    masked_path: str
    digest: str = ""
    acknowledged: Acknowledged | None = None

    @property
    def label(self) -> str:
        """What may be shown of it anywhere: codes and unknown keys may hold personal data."""
        return f"{self.drift} at {self.kind or 'unknown'}: {self.masked_path}"

    @property
    def key(self) -> tuple[str | None, str, str, str | None]:
        """What identifies the place, as delivered."""
        return self.kind, self.path, self.drift, self.value

    @property
    def value(self) -> str | None:
        """The code, if it is an unknown one: each is a place of its own."""
        return self.example if self.drift == "unknown_code" else None


def drift_places(settings: Settings) -> list[DriftPlace]:
    """The drift of the published version, last seen first, with what was acknowledged since.

    Raises:
        NotPublishedError: nothing is published.
        FileLockedError: another program has the file open for writing.
    """
    refresh(settings.layout, landing=False)
    path = present(settings.layout.warehouse_file)
    if not path.exists():
        raise NotPublishedError(f"{path}: expected a version published by `sighten-warehouse publish`")
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        return places_in(connection, settings.layout)


def places_in(connection: duckdb.DuckDBPyConnection, layout: Layout) -> list[DriftPlace]:
    """The same of an open version."""
    known = {place.key: place for place in read_acknowledged(layout)}
    rows = connection.execute(f"{_PLACES} order by last_seen_at desc, drift.kind, path, example").fetchall()
    places = [DriftPlace(*row) for row in rows]
    # With the home's key: a plain digest would give an address away to whoever tries some.
    key = pseudonym_key(layout) if places else b""
    digests = [pseudonym(key, kind="drift", value=repr(place.key)) for place in places]
    return [
        replace(place, digest=digest, acknowledged=known.get(place.key))
        for place, digest in zip(places, digests, strict=True)
    ]


def acknowledge(  # noqa: PLR0913  (a place has that many parts)
    settings: Settings,
    *,
    kind: str | None = None,
    path: str | None = None,
    value: str | None = None,
    note: str | None = None,
    clock: Clock | None = None,
) -> list[DriftPlace]:
    """Record that somebody has looked at the open places of that kind, path and value; None stands for any.

    Raises:
        NotPublishedError, FileLockedError: as `drift_places`.
    """
    now = (clock or Clock()).now().replace(tzinfo=None).isoformat(timespec="seconds")
    with one_writer(settings.layout, "drift"):
        chosen = [
            place
            for place in drift_places(settings)
            if place.acknowledged is None
            and kind in (None, place.kind)
            and path in (None, place.path)
            and value in (None, place.example, (place.example or "").strip('"'))
        ]
        add_acknowledged(
            settings.layout,
            [
                Acknowledged(
                    kind=place.kind,
                    path=place.path,
                    drift=place.drift,
                    value=place.value,
                    note=note,
                    acknowledged_at=now,
                )
                for place in chosen
            ],
        )
    return chosen

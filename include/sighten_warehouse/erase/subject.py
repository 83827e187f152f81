"""What an erasure is about: an id or an address, and the ids that go with it."""

from dataclasses import dataclass
from uuid import UUID

from sighten_warehouse.landing.erasures import Tombstones, What
from sighten_warehouse.layout import Layout
from sighten_warehouse.querying import open_models


@dataclass(frozen=True)
class Subject:
    """A site or milestone by its id, or a person by an e-mail address.

    Raises:
        ValueError: the value is not of that form.
    """

    what: What
    value: str

    def __post_init__(self) -> None:
        """Refuse a value that no delivery can mention."""
        if self.what != "email":
            object.__setattr__(self, "value", str(UUID(self.value)))  # one spelling, as in the tables
        elif not all(self.value.strip().rpartition("@")[::2]) or len(self.value.split()) != 1:
            raise ValueError("expected an e-mail address")

    def digest(self, tombstones: Tombstones) -> str:
        """The keyed digest of the value."""
        return tombstones.digest(self.value)


def digests_of(subject: Subject, layout: Layout, tombstones: Tombstones) -> list[str]:
    """The keyed digests of everything that goes with the subject, by the deliveries that are loaded.

    Raises:
        LakeError: commits contradict each other.
    """
    ids = [] if subject.what == "email" else _ids(subject, layout)
    return sorted({subject.digest(tombstones), *map(tombstones.digest, ids)})


def _ids(subject: Subject, layout: Layout) -> list[str]:
    variables = {f"{what}_id": subject.value if what == subject.what else None for what in ("site", "milestone")}
    with open_models(layout, ["erase.subjects"], inputs={}, variables=variables) as connection:
        return [row[0] for row in connection.execute("select id from erase.subjects").fetchall()]

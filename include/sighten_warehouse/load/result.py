"""What the steps of loading return."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from sighten_warehouse.lake.manifest import Manifest


@dataclass(frozen=True)
class FlattenResult:
    """The outcomes of one batch, before it is committed."""

    batch_id: str
    landed: int
    outcomes: dict[str, int]


@dataclass(frozen=True)
class LoadResult:
    """What was committed; `refused` batches held a landing file of another commit."""

    batches: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    landed: int = 0
    loaded: int = 0
    ignored: int = 0
    quarantined: int = 0

    def __add__(self, later: "LoadResult") -> "LoadResult":
        """Both together."""
        return LoadResult(*(mine + its for mine, its in zip(astuple(self), astuple(later), strict=True)))


def sum_of(done: Sequence[Manifest], *, refused: Sequence[str]) -> LoadResult:
    """The result of committing those batches, and of refusing those of that id."""
    counts = {
        name: sum(manifest.outcomes.get(name, 0) for manifest in done) for name in ("loaded", "ignored", "quarantined")
    }
    return LoadResult(
        batches=tuple(manifest.batch_id for manifest in done),
        refused=tuple(refused),
        landed=sum(manifest.landed for manifest in done),
        **counts,
    )

"""What is landed and what is loaded, as of one moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import Manifest, commits
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.layout import Layout

T = TypeVar("T")


@dataclass(frozen=True)
class Moment:
    """The names of all landing files; all commits, oldest first; and the layout with the lake that holds these."""

    layout: Layout
    landing_files: Sequence[str]
    commits: Sequence[Manifest]


def landed_and_loaded(layout: Layout) -> Moment:
    """Read landing and the lake in use.

    Raises:
        LakeError: commits contradict each other.
    """
    return of_one_moment(layout, lambda moment: moment)


def of_one_moment(layout: Layout, read: Callable[[Moment], T]) -> T:
    """What `read` returns; it is called again if another lake was swapped in meanwhile.

    A compaction exchanges landing files together with the lake, so that what was read would not fit together.

    Raises:
        LakeError: commits contradict each other.
    """
    refresh(layout)
    while True:
        lake = resolve_lake(layout)
        try:
            found = read(Moment(lake, landing_files(layout.landing), commits(lake)))
        except FileNotFoundError:
            if resolve_lake(layout) == lake:
                raise
            continue
        if resolve_lake(layout) == lake:
            return found

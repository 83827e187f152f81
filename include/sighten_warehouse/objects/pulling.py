"""Looks what is stored in a folder, and brings the mirror up to date with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sighten_warehouse.durable import drop_here

if TYPE_CHECKING:
    from sighten_warehouse.objects.index import Known
    from sighten_warehouse.objects.mirror import Mirror
    from sighten_warehouse.objects.store import Stored


@dataclass(frozen=True)
class Listing:
    """What is stored in a folder: `before`: the keys known before; `found`: the objects; `folders`: of one level."""

    before: frozenset[str]
    found: "Sequence[Stored]"
    folders: Sequence[str]


def look(mirror: "Mirror", folder: Path, *, level_only: bool = False) -> Listing:
    """What is stored below the folder now; `level_only`: in the folder itmirror."""
    key = mirror.key(folder)
    before = frozenset(
        known for known in mirror.index.below(key) if not (level_only and "/" in known.removeprefix(f"{key}/"))
    )
    if not level_only:
        return Listing(before, tuple(mirror.store.below(key)), ())
    found, folders = mirror.store.level(key)
    return Listing(before, tuple(found), tuple(Path(name).name for name in folders))


def take(mirror: "Mirror", listing: Listing, *, wanted: Callable[[str], bool]) -> None:
    """Take over a listing: download what is `wanted` and new or replaced, and remove here what is gone."""
    known = {stored.key: mirror.index.get(stored.key) for stored in listing.found}
    changed = [stored for stored in listing.found if _differs(known[stored.key], stored)]
    # One of an identity that is not known yet was stored by this machine.
    replaced = {stored.key for stored in changed if (before := known[stored.key]) and before.etag}
    for key in replaced:
        if not wanted(key):
            drop_here(mirror.root / key)
    mirror.index.set((stored.key, stored.etag, stored.size, stored.modified.timestamp()) for stored in changed)
    chosen = [stored for stored in listing.found if wanted(stored.key)]
    here = {stored.key for stored in chosen if _is_here(mirror.root / stored.key, stored.size)} - replaced
    mirror.download([stored.key for stored in chosen if stored.key not in here])
    gone = listing.before - {stored.key for stored in listing.found}
    for key in gone:
        drop_here(mirror.root / key)
    mirror.index.forget(gone)


def _is_here(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _differs(known: "Known | None", stored: "Stored") -> bool:
    return known is None or (known.etag, known.size) != (stored.etag, stored.size)

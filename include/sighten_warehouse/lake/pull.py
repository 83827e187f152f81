"""Brings the mirror of a home on object storage up to date: what is landed, committed and published now."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sighten_warehouse.durable import point_link, remove, remove_folder
from sighten_warehouse.lake.exchange import MERGED
from sighten_warehouse.lake.folder import UNFINISHED, complete_swap, decide_swap
from sighten_warehouse.lake.manifest import loaded_files
from sighten_warehouse.lake.sequence import next_lake_of, write_commits
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.objects.pulling import Listing, look, take
from sighten_warehouse.remotes import remote_of

if TYPE_CHECKING:
    from sighten_warehouse.objects.mirror import Mirror

SMALL_FOLDERS = ("erasures", "failed_sites")


def mirror_of(layout: Layout) -> "Mirror | None":
    """The mirror of a home on object storage; None for a home on a local disk."""
    return cast("Mirror | None", remote_of(layout.root))  # nothing else is one, and a local home imports no store


def refresh(layout: Layout, *, landing: bool = True) -> None:
    """Bring the mirror up to date; nothing to do for a home on a local disk.

    Landing files that are not loaded are downloaded if `landing`. History, documents and published files are not: they
    are downloaded when they are read.

    Raises:
        StorageError: the store does not answer, or does not allow it.
    """
    mirror = mirror_of(layout)
    if mirror is not None:
        home = Layout(layout.root)
        with one_writer(home, "pull"):
            _pull_small(mirror, home)
            _pull_versions(mirror, home)
            while not _pull_lake(mirror, home, landing=landing):
                pass


def refresh_vault(layout: Layout) -> None:
    """Know what is in the vault of a home on object storage; no document is downloaded."""
    if mirror := mirror_of(layout):
        take(mirror, look(mirror, layout.vault), wanted=lambda _key: False)


def _pull_small(mirror: "Mirror", home: Layout) -> None:
    level = look(mirror, home.root, level_only=True)
    pointers = {mirror.key(home.lake)}
    files = Listing(level.before, [stored for stored in level.found if stored.key not in pointers], ())
    take(mirror, files, wanted=mirror.is_stored)
    for lake in home.root.glob("lake.*"):
        if lake.suffix != UNFINISHED and lake.name not in level.folders:
            remove_folder(lake)  # another machine has removed it
    for name in SMALL_FOLDERS:
        if name in level.folders or mirror.listed(home.root / name):
            take(mirror, look(mirror, home.root / name), wanted=mirror.is_stored)


def _pull_versions(mirror: "Mirror", home: Layout) -> None:
    suffixes = (".json", ".ndjson")
    for folder in (home.published, home.versions):
        level = look(mirror, folder, level_only=True)
        take(mirror, level, wanted=lambda key: key.endswith(suffixes))
    for export in home.versions.glob("*.parquet"):
        if export.name not in level.folders:
            remove_folder(export)  # another machine has removed it


def _pull_lake(mirror: "Mirror", home: Layout, *, landing: bool) -> bool:
    """Bring landing and the lake in use up to date together; False if another lake was put in use meanwhile."""
    pointed = mirror.pointer(home.lake)
    found = look(mirror, home.landing)
    if pointed is None:
        _take_landing(mirror, home, found, loaded=set(), wanted=landing)
        return True
    lake = _lake_in_use(mirror, home, pointed)
    loaded = loaded_files(lake)
    prepared = f"{mirror.key(home.landing)}/{MERGED}/{lake.lake.name}/"
    if lake.lake.name != pointed or any(stored.key.startswith(prepared) for stored in found.found):
        # Whoever has put it in use has not finished, so finish that: landing changes with the lake.
        _take_landing(mirror, home, found, loaded=loaded, wanted=False)
        remove_folder(lake.lake.with_name(f"{lake.lake.name}{UNFINISHED}"))  # of this machine, if it died
        decide_swap(home, lake.lake.name)
        complete_swap(home)
        return False
    if home.lake.is_symlink() and home.lake.resolve().name == lake.lake.name:
        _take_landing(mirror, home, found, loaded=loaded, wanted=landing)
        return True
    with one_writer(home, "swap"):
        # Readers wait while this file is there: what is landed and what is loaded change together.
        decide_swap(home, lake.lake.name)
        _take_landing(mirror, home, found, loaded=loaded, wanted=landing)
        point_link(home.lake, lake.lake)
        remove(home.next_lake)
    return True


def _lake_in_use(mirror: "Mirror", home: Layout, pointed: str) -> Layout:
    """The lake that the pointer names, or the one that has replaced it; its commits are here afterwards."""
    while True:
        lake = replace(home, lake_folder=str(home.root / pointed))
        take(mirror, look(mirror, lake.lake), wanted=lambda key: "/_" in key)
        following = next_lake_of(lake)
        if following is None:
            write_commits(lake)
            return lake
        pointed = following


def _take_landing(mirror: "Mirror", home: Layout, found: Listing, *, loaded: set[str], wanted: bool) -> None:
    prefix = f"{mirror.key(home.landing)}/"

    def is_wanted(key: str) -> bool:
        name = key.removeprefix(prefix)
        is_landed = name.startswith("received_date=") and wanted and name not in loaded
        return is_landed or (name.startswith("_") and "/" not in name)

    take(mirror, found, wanted=is_wanted)

"""The folder of the lake: `lake` is a symbolic link, which a rebuild points to another folder by one rename.

Readers of more than one file resolve the link once, with `resolve_lake`.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sighten_warehouse.durable import (
    DISK,
    OWNER_ONLY,
    ensure_folder,
    point_link,
    remove,
    remove_folder,
    rename,
    sync,
    write_durably,
)
from sighten_warehouse.lake.exchange import bring_in, remove_replaced
from sighten_warehouse.landing.format import check_format, ensure_format
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.remotes import remote_of

UNFINISHED, SET_ASIDE = ".tmp", ".before"
_TIME = "lake.%Y%m%dT%H%M%S.%fZ"
_NAME = re.compile(r"lake\.\d{8}T\d{6}\.\d{6}Z(\.tmp|\.before)?")


def resolve_lake(layout: Layout) -> Layout:
    """The layout with the folder that `lake` points to now; later swaps do not change it.

    Raises:
        FormatError: landing or lake was written by newer code.
    """
    check_format(layout.landing, "landing")
    complete_swap(layout)
    check_format(layout.lake, "lake")
    return replace(layout, lake_folder=str(layout.lake.resolve()))


def ensure_lake(layout: Layout) -> None:
    """Create the lake and the link to it if they are missing; number the format of what is written from now on.

    Raises:
        FormatError: the lake was written by newer code.
    """
    complete_swap(layout)
    if not layout.lake.is_symlink() and not layout.lake.exists():
        ensure_folder(layout.root, mode=OWNER_ONLY)
        name = _new_name()
        if remote := remote_of(layout.lake):
            name = remote.create_pointer(layout.lake, name)
        with suppress(FileExistsError):  # another process was faster
            DISK.change("symlink", layout.lake, lambda: layout.lake.symlink_to(name))
            sync(layout.root)
    ensure_format(layout.lake.resolve(), "lake")


def new_lake(layout: Layout) -> Layout:
    """Create an empty lake beside the one in use; nobody reads it until it is swapped in."""
    for leftover in _lakes(layout):
        if leftover.suffix == UNFINISHED:
            remove_folder(leftover)
    # Later than the one in use, also if another machine's clock is ahead: older ones are taken for left over. And later
    # than one that a kill left over before its swap, which would be in the way.
    known = [path.name for path in _lakes(layout) if path.suffix not in (UNFINISHED, SET_ASIDE)]
    aside = replace(layout, lake_folder=_new_name(after=max([layout.lake.resolve().name, *known])) + UNFINISHED)
    ensure_format(aside.lake, "lake")
    return aside


def _lakes(layout: Layout) -> list[Path]:
    """The lake folders created here, recognised by the exact form of their names."""
    return [path for path in layout.root.glob("lake.*") if _NAME.fullmatch(path.name)]


def _new_name(*, after: str = "") -> str:
    name = datetime.now(UTC).strftime(_TIME)
    if name > after or not _NAME.fullmatch(after):
        return name
    return (datetime.strptime(after, _TIME).replace(tzinfo=UTC) + timedelta(microseconds=1)).strftime(_TIME)


def final_name(aside: Layout) -> str:
    """The name that the new lake has once it is finished."""
    return aside.lake_folder.removesuffix(UNFINISHED)


def finish_lake(aside: Layout) -> Layout:
    """Give the new lake its final name; unless it is swapped in, the next publish removes it."""
    whole = replace(aside, lake_folder=final_name(aside))
    rename(aside.lake, whole.lake)
    sync(aside.root)
    return whole


def swap_in(layout: Layout, whole: Layout) -> None:
    """Make that lake the one in use; after a crash half way, the next reader completes the swap."""
    decide_swap(layout, whole.lake.name)
    complete_swap(layout)


def decide_swap(layout: Layout, name: str) -> None:
    """Record that the folder of that name is the lake from now on; until the swap it may be unfinished."""
    write_durably(layout.next_lake, name.encode())


def complete_swap(layout: Layout) -> None:
    """Finish a pending swap of the lake, if any; each step may be repeated after a crash.

    Raises:
        LakeError: a landing file that the new lake brings with it is missing; nothing was removed.
        FormatError: the new lake was written by newer code; it is not swapped in.
    """
    if not layout.next_lake.exists():
        return
    with one_writer(layout, "swap"):
        if layout.next_lake.exists():
            lake = _finished(layout, layout.next_lake.read_text())
            bring_in(layout.landing, lake)
            _set_folder_aside(layout)
            point_link(layout.lake, lake)
            remove_replaced(layout.landing, lake)
            remove(layout.next_lake)
            sync(layout.root)


def _finished(layout: Layout, name: str) -> Path:
    """The folder of that name; a lake stays unfinished until its swap, so that no publish removes it before."""
    unfinished, whole = layout.root / f"{name}{UNFINISHED}", layout.root / name
    check_format(unfinished if unfinished.is_dir() else whole, "lake")
    if unfinished.is_dir():
        rename(unfinished, whole)
        sync(layout.root)
    return whole


def _set_folder_aside(layout: Layout) -> None:
    # A copied or restored home may hold a folder in place of the link, and a rename cannot replace a folder.
    if layout.lake.is_dir() and not layout.lake.is_symlink():
        rename(layout.lake, layout.root / f"{_new_name()}{SET_ASIDE}")


def remove_unneeded(layout: Layout, *, needed: Collection[str]) -> None:
    """Remove the lakes that are neither in use, nor `needed`, nor still being built.

    In use is the one that the link points to now: a compaction may have replaced the lake of a resolved layout.
    """
    with one_writer(layout, "swap"):
        folders = _lakes(layout)
        in_use = Layout(layout.root).lake.resolve().name
        pending = layout.next_lake.read_text() if layout.next_lake.exists() else None
        for folder in folders:
            if folder.name not in (in_use, pending, layout.lake.name, *needed) and folder.suffix != UNFINISHED:
                remove_folder(folder)
        if remote := remote_of(layout.root):
            # Another machine may be making a later one; what it makes from an earlier one cannot be put in use.
            for name in remote.folders(layout.root):
                if _NAME.fullmatch(name) and name < in_use and name not in needed:
                    remote.delete_folder(layout.root / name)

"""Which folder the lake is: `lake` is a link, and a rebuild lets it lead to another folder from one moment to the next.

Readers that look up more than one file hold on to the folder that the link led to when they began.
"""

import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sighten_warehouse.durable import ensure_folder, point_link, sync, write_durably
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer

UNFINISHED = ".tmp"
_NAME = re.compile(r"lake\.\d{8}T\d{6}\.\d{6}Z(\.tmp|\.before)?")


def resolve_lake(layout: Layout) -> Layout:
    """The layout whose lake is the folder that `lake` leads to now, whatever it leads to later."""
    complete_swap(layout)
    return replace(layout, lake_folder=str(layout.lake.resolve()))


def ensure_lake(layout: Layout) -> None:
    """There is a link to a lake; the folder it leads to is made by whoever first writes there."""
    complete_swap(layout)
    if layout.lake.exists():
        return
    ensure_folder(layout.root)
    with suppress(FileExistsError):  # nothing was written yet, or somebody else was faster
        layout.lake.symlink_to(_new_name())
        sync(layout.root)


def new_lake(layout: Layout) -> Layout:
    """The layout of an empty lake beside the one in use, which nobody reads until it is swapped in."""
    for left in _lakes(layout):
        if left.suffix == UNFINISHED:
            shutil.rmtree(left)
    aside = replace(layout, lake_folder=_new_name() + UNFINISHED)
    ensure_folder(aside.lake)
    return aside


def _lakes(layout: Layout) -> list[Path]:
    """The folders that were made here; one that somebody else put beside them, whatever its name, is not ours."""
    return [path for path in layout.root.glob("lake.*") if _NAME.fullmatch(path.name)]


def _new_name() -> str:
    return datetime.now(UTC).strftime("lake.%Y%m%dT%H%M%S.%fZ")


def finished(aside: Layout) -> Layout:
    """The lake aside under the name that it keeps; until it is swapped in, the next publish removes it."""
    whole = replace(aside, lake_folder=aside.lake_folder.removesuffix(UNFINISHED))
    aside.lake.replace(whole.lake)
    sync(aside.root)
    return whole


def swap_in(layout: Layout, whole: Layout) -> None:
    """That lake becomes the one in use; once that is written down, a crash leaves it to the next reader."""
    decide_swap(layout, whole.lake.name)
    complete_swap(layout)


def decide_swap(layout: Layout, name: str) -> None:
    """From now on the folder of that name is the lake, for everybody who looks."""
    write_durably(layout.next_lake, name.encode())


def complete_swap(layout: Layout) -> None:
    """Let `lake` lead to where it was decided that it shall; nothing is done where nothing is left to do."""
    if not layout.next_lake.exists():
        return
    with one_writer(layout, "swap"):
        if layout.next_lake.exists():
            _set_folder_aside(layout)
            point_link(layout.lake, layout.root / layout.next_lake.read_text())
            layout.next_lake.unlink()
            sync(layout.root)


def _set_folder_aside(layout: Layout) -> None:
    # A home that was copied or restored may hold a folder in place of the link, which no single rename can replace.
    if layout.lake.is_dir() and not layout.lake.is_symlink():
        layout.lake.replace(layout.root / f"{_new_name()}.before")


def remove_unneeded(layout: Layout, *, needed: Collection[str]) -> None:
    """Remove the lakes beside the one in use whose names are not `needed`; one that is being made stays."""
    in_use = layout.lake.resolve().name
    for folder in _lakes(layout):
        if folder.name not in (in_use, *needed) and folder.suffix != UNFINISHED:
            shutil.rmtree(folder, ignore_errors=True)

"""Commits of a home on object storage: the creation of the next numbered object of the lake is the commit.

Two machines cannot create the same number, so whoever loses reads what was committed meanwhile and decides again. The
last entry of a lake that was replaced names the next lake: nothing can be committed after it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from sighten_warehouse.durable import DISK, place_here
from sighten_warehouse.errors import LakeError, LakeReplacedError
from sighten_warehouse.lake.manifest import Manifest, commit_path, write_manifest
from sighten_warehouse.layout import Layout

if TYPE_CHECKING:
    from sighten_warehouse.objects.mirror import Mirror

FOLDER = "_sequence"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a lake: batches that are committed, or the lake that follows; `token`: whose step it is."""

    token: str
    commits: tuple[dict[str, Any], ...] = ()
    next_lake: str | None = None


def append_commits(mirror: "Mirror", layout: Layout, manifests: Sequence[Manifest]) -> bool:
    """Commit the batches, all or none; False if another machine has taken a step since the last pull.

    Raises:
        LakeReplacedError: the lake was replaced.
    """
    if not _append(mirror, layout, Entry(uuid4().hex, tuple(map(asdict, manifests)))):
        return False
    write_commits(layout)
    return True


def close_lake(mirror: "Mirror", layout: Layout, next_lake: str) -> bool:
    """Let that lake follow; False if another machine has taken a step since the last pull.

    Raises:
        LakeReplacedError: another lake has replaced it.
    """
    return _append(mirror, layout, Entry(uuid4().hex, next_lake=next_lake))


def _append(mirror: "Mirror", layout: Layout, entry: Entry) -> bool:
    if following := next_lake_of(layout):
        raise LakeReplacedError(
            f"{layout.lake.name}: replaced by {following}, on another machine; expected it to stay. Nothing is lost:"
            " load again"
        )
    paths = entry_files(layout)
    number = int(paths[-1].stem) + 1 if paths else 1
    path = _path(layout, number)
    made: list[bool] = []
    DISK.change("put", path, lambda: made.append(mirror.create(path, msgspec.json.encode(entry))))
    return made == [True]


def begin(mirror: "Mirror", layout: Layout, name: str, manifests: Sequence[Manifest]) -> None:
    """Let the lake of that name, which nobody uses yet, begin with these commits."""
    content = msgspec.json.encode(Entry(uuid4().hex, tuple(map(asdict, manifests))))
    path = _path(layout, 0)
    place_here(path, lambda hidden: hidden.write_bytes(content))
    mirror.put_all([(path, layout.root / name / FOLDER / path.name)])


def write_commits(layout: Layout) -> None:
    """Write the commit files of the entries here that have none yet."""
    for path in entry_files(layout):
        for facts in read_entry(path).commits:
            commit = commit_path(layout, facts["batch_id"])
            if not commit.exists():
                write_manifest(commit, Manifest(**facts))


def next_lake_of(layout: Layout) -> str | None:
    """The lake that has replaced this one, by the entries here; None while it is in use."""
    paths = entry_files(layout)
    return read_entry(paths[-1]).next_lake if paths else None


def entry_files(layout: Layout) -> list[Path]:
    """The entries here, oldest first."""
    return sorted((layout.lake / FOLDER).glob("[0-9]*.json"))


def read_entry(path: Path) -> Entry:
    """Read an entry.

    Raises:
        LakeError: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Entry)
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the commits of a lake: {error}") from error


def _path(layout: Layout, number: int) -> Path:
    return layout.lake / FOLDER / f"{number:08}.json"

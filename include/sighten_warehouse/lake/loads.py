"""The loads behind a commit: one for a plain batch, several for a merged one, each with its own facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout


@dataclass(frozen=True)
class Lines:
    """Consecutive lines of a landing file, from line `first`, counted from 1."""

    landing_file: str
    first: int
    count: int


@dataclass(frozen=True)
class Load:
    """One batch as it was loaded, whether or not it was merged since; `lines` tells where its deliveries are now."""

    batch_id: str
    committed_at: str | None
    code_version: str
    landing_files: int
    landed: int
    history_rows: int
    outcomes: dict[str, int] = field(default_factory=dict)
    clean: int | None = None
    lines: tuple[Lines, ...] = ()


class _Id(msgspec.Struct):
    batch_id: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Load, ...])
_id_decoder = msgspec.json.Decoder(list[_Id])  # skips the other fields, so it is several times faster


def loads_path(layout: Layout, batch_id: str) -> Path:
    """The file with the loads of a merged batch."""
    return layout.lake / "_loads" / f"{batch_id}.json"


def write_loads(layout: Layout, batch_id: str, loads: Iterable[Load]) -> None:
    """Write the loads of a merged batch, before its commit."""
    write_durably(loads_path(layout, batch_id), _encoder.encode(list(loads)))


def read_loads(layout: Layout, manifest: Manifest) -> tuple[Load, ...]:
    """The loads of a committed batch, oldest first.

    Raises:
        LakeError: the file with the loads of a merged batch is missing or damaged.
    """
    if not manifest.merged:
        return (_plain(manifest),)
    path = loads_path(layout, manifest.batch_id)
    try:
        return _decoder.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the loads of a merged batch ({error}); {_REMEDY}") from error


_REMEDY = "run `sighten-warehouse rebuild`"


def _plain(manifest: Manifest) -> Load:
    return Load(
        batch_id=manifest.batch_id,
        committed_at=manifest.committed_at,
        code_version=manifest.code_version,
        landing_files=len(manifest.landing_files),
        landed=manifest.landed,
        history_rows=manifest.history_rows,
        outcomes=manifest.outcomes,
        clean=manifest.clean,
        lines=tuple(Lines(name, 1, count) for name, count in sorted(manifest.landing_files.items())),
    )


def load_ids(layout: Layout, manifest: Manifest) -> tuple[str, ...]:
    """The ids of the loads of a committed batch.

    Raises:
        LakeError: as `read_loads`.
    """
    return _merged_ids(loads_path(layout, manifest.batch_id)) if manifest.merged else (manifest.batch_id,)


@lru_cache(maxsize=10_000)
def _merged_ids(path: Path) -> tuple[str, ...]:
    # The file never changes, and `run --follow` asks every half second.
    try:
        return tuple(load.batch_id for load in _id_decoder.decode(path.read_bytes()))
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the loads of a merged batch ({error}); {_REMEDY}") from error


def all_load_ids(layout: Layout, committed: Iterable[Manifest]) -> list[str]:
    """The ids of the loads of those commits.

    Raises:
        LakeError: as `read_loads`.
    """
    return [batch_id for manifest in committed for batch_id in load_ids(layout, manifest)]


@dataclass(frozen=True)
class Moved:
    """Where the lines of a landing file are after it was merged: after `offset` lines of that file."""

    landing_file: str
    offset: int


def move_lines(load: Load, moved: Mapping[str, Moved]) -> Load:
    """The load, with the places of its lines in the merged landing files."""
    places = (moved.get(lines.landing_file, Moved(lines.landing_file, 0)) for lines in load.lines)
    new = [
        Lines(place.landing_file, place.offset + lines.first, lines.count)
        for place, lines in zip(places, load.lines, strict=True)
        if lines.count
    ]
    return replace(load, lines=tuple(_joined(new)))


def _joined(listed: Sequence[Lines]) -> list[Lines]:
    """The same lines, with neighbours as one."""
    joined: list[Lines] = []
    for lines in sorted(listed, key=lambda lines: (lines.landing_file, lines.first)):
        last = joined[-1] if joined else None
        if last and last.landing_file == lines.landing_file and last.first + last.count == lines.first:
            joined[-1] = replace(last, count=last.count + lines.count)
        else:
            joined.append(lines)
    return joined

"""The landing files that a compacted lake brings with it, and the small ones that they replace, at its swap."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from sighten_warehouse.durable import ensure_folder, remove_files, remove_folder, rename, sync, write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import exists, remote_of

MERGED = ".merged"  # below `landing`, where no reader looks


class Exchange(msgspec.Struct, frozen=True):
    """Names below `landing`: the merged files, and the small files whose lines they hold."""

    merged: Sequence[str] = ()
    replaced: Sequence[str] = ()


def hidden_file(landing: Path, lake: str, name: str) -> Path:
    """The place of a merged landing file until that lake is swapped in."""
    return landing / MERGED / lake / name


def write_exchange(aside: Layout, exchange: Exchange) -> None:
    """Record in the new lake what its swap changes in landing."""
    write_durably(_path(aside.lake), msgspec.json.encode(exchange))


def _path(lake: Path) -> Path:
    return lake / "_exchange.json"


def _read(lake: Path) -> Exchange:
    try:
        return msgspec.json.decode(_path(lake).read_bytes(), type=Exchange)
    except FileNotFoundError:
        return Exchange()
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{_path(lake)}: expected the landing files to exchange: {error}") from error


def bring_in(landing: Path, lake: Path) -> None:
    """Make the merged landing files of the lake visible.

    Raises:
        LakeError: one is missing.
    """
    names = _read(lake).merged
    for name in names:
        hidden = hidden_file(landing, lake.name, name)
        if exists(hidden):
            ensure_folder((landing / name).parent)
            rename(hidden, landing / name)
    _sync_folders(landing, names)
    if missing := [name for name in names if not exists(landing / name)]:
        raise LakeError(
            f"{landing}: {', '.join(missing)}: missing; expected merged landing files for {lake.name}. The files that"
            f" they replace are still there: delete {lake.parent / '.lake.next'} to go on without the compaction"
        )


def remove_replaced(landing: Path, lake: Path) -> None:
    """Remove the landing files whose lines the merged ones hold, once the lake is in use."""
    names = _read(lake).replaced
    remove_files(landing / name for name in names)
    _sync_folders(landing, names)
    remove_hidden(landing)
    if remote := remote_of(landing):
        remote.delete_until(landing / MERGED, lake.name)


def _sync_folders(landing: Path, names: Iterable[str]) -> None:
    for folder in {(landing / name).parent for name in names}:
        if folder.is_dir():  # where a store holds the files, it may be missing here
            sync(folder)


def remove_hidden(landing: Path) -> None:
    """Remove the places of merged landing files: after the swap, or if a crash came before it."""
    remove_folder(landing / MERGED)

"""The portable files that were written, so that an erasure can write them again."""

from pathlib import Path
from typing import Literal

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish.portable import write_portable
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import present


class PortableCopy(msgspec.Struct, frozen=True):
    """A portable file: its absolute path, and whether it shows people."""

    path: str
    pii: Literal["masked", "full"]


def write_copy(layout: Layout, version: str, path: Path, *, pii: Literal["masked", "full"]) -> None:
    """Write the version to a portable file, and remember where.

    Raises:
        LakeError: the record of copies cannot be read.
        OSError: the disk refused; the file before it, if any, stays.
    """
    copy = PortableCopy(str(path.resolve()), pii)
    with one_writer(layout, "copies"):
        _remember(layout, [*(known for known in read_copies(layout) if known.path != copy.path), copy])
        write_portable(present(layout.versions / f"{version}.duckdb"), path, pii=pii)


def read_copies(layout: Layout) -> list[PortableCopy]:
    """The portable files that were written, also those that are gone.

    Raises:
        LakeError: the record cannot be read.
    """
    try:
        return msgspec.json.decode(layout.portable_copies.read_bytes(), type=list[PortableCopy])
    except FileNotFoundError:
        return []
    except msgspec.MsgspecError as error:
        raise LakeError(f"{layout.portable_copies}: expected the portable files that were written: {error}") from error


def _remember(layout: Layout, copies: list[PortableCopy]) -> None:
    write_durably(layout.portable_copies, msgspec.json.format(msgspec.json.encode(copies), indent=1))


def write_copies_again(layout: Layout) -> tuple[int, dict[str, str]]:
    """Write each portable file that is still there from the newest version.

    Returns how many were written, and for each that could not be: path → why.
    """
    with one_writer(layout, "copies"):
        there = [copy for copy in read_copies(layout) if Path(copy.path).is_file()]
        failed = {}
        for copy in there:
            try:
                newest = present(layout.versions / f"{versions(layout)[-1].version}.duckdb")
                write_portable(newest, Path(copy.path), pii=copy.pii)
            except OSError as error:
                failed[copy.path] = error.strerror or str(error)
        if layout.portable_copies.exists():
            _remember(layout, there)
    return len(there) - len(failed), failed

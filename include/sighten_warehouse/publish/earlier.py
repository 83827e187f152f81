"""The manifests of earlier versions in one file, so that a publish need not read thousands of small ones."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from sighten_warehouse.durable import remove, write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.version import Version

MANY = 200  # manifests; reading more takes longer than writing them into one file now and then

_NOT_KEPT: dict[str, Any] = {"tables": {}, "path": "", "codes": "", "dal_metrics": "", "lake": ""}
_decoder = msgspec.json.Decoder(Version)
_encoder = msgspec.json.Encoder()


def earlier_versions(layout: Layout) -> Sequence[Version]:
    """The versions whose manifests were gathered, oldest first.

    Raises:
        LakeError: the file cannot be read.
    """
    path = _path(layout)
    try:
        facts = path.stat()
    except FileNotFoundError:
        return ()
    return _read(path, facts.st_ino, facts.st_mtime_ns)


def _path(layout: Layout) -> Path:
    return layout.versions / "earlier.ndjson"


@lru_cache(maxsize=2)
def _read(path: Path, *_written: int) -> Sequence[Version]:
    try:
        return _decoder.decode_lines(path.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the manifests of versions, one a line: {error}") from error


def gather_if_many(layout: Layout, known: Iterable[Version], *, keep: Collection[str]) -> None:
    """Gather the manifests of all versions before those to `keep`, if many; the caller holds the publish lock.

    A crash before the last one is removed leaves some twice, which `versions` counts once.
    """
    single = {path.stem: path for path in layout.versions.glob("*.json") if not path.name.startswith(".")}
    if len(single) < MANY:
        return
    earlier = [replace(version, **_NOT_KEPT) for version in known if version.version < min(keep)]
    write_durably(_path(layout), (line + b"\n" for line in map(_encoder.encode, earlier)))
    for version in earlier:
        if path := single.get(version.version):
            remove(path)

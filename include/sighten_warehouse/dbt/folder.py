"""A folder whose files an export wrote: it replaces those, and touches no other."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from sighten_warehouse.durable import remove, write_durably
from sighten_warehouse.errors import SettingError

MANIFEST = ".sighten-export.json"  # file → digests of what exports wrote
Written = dict[str, list[str]]


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write these files into the folder, and remove those of the last export that are not among them.

    Raises:
        SettingError: a file that would be replaced or removed is not as an export wrote it. Nothing is changed.
    """
    contents = {path: text.encode() for path, text in files.items()}
    before = _written_before(folder)
    new = {path: [_digest(content)] for path, content in contents.items()}
    foreign = [path for path in sorted(before | new) if _is_foreign(folder / path, before.get(path, []))]
    if foreign:
        raise SettingError(
            f"{folder}: {', '.join(foreign)}: not as an export wrote it; expected a new folder, or one where nothing "
            "that an export wrote was changed"
        )
    # Until the end both digests count, so that an export that was interrupted can be repeated.
    _write_manifest(folder, {path: before.get(path, []) + new.get(path, []) for path in before | new})
    for path in before.keys() - new.keys():
        remove(folder / path)
    for path, content in contents.items():
        write_durably(folder / path, content)
    _write_manifest(folder, new)


def _written_before(folder: Path) -> Written:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        return {str(name): [*digests] for name, digests in json.loads(path.read_bytes()).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise SettingError(f"{path}: expected what an export wrote; remove the folder, or choose another") from error


def _is_foreign(path: Path, digests: list[str]) -> bool:
    if path.is_file():
        return _digest(path.read_bytes()) not in digests
    return path.exists() or path.is_symlink()


def _write_manifest(folder: Path, written: Written) -> None:
    write_durably(folder / MANIFEST, json.dumps(written, indent=1, sort_keys=True).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

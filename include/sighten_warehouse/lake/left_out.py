"""The landing files that a rebuild left out of the lake, because they are not what was loaded from them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.landing.integrity import Recorded, find_problem
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import present


def write_left_out(layout: Layout, files: Mapping[str, Recorded]) -> None:
    """Record the files that this lake lacks, with what was loaded from them before."""
    write_durably(
        left_out_path(layout), json.dumps({name: asdict(recorded) for name, recorded in files.items()}).encode()
    )


def left_out(layout: Layout) -> dict[str, Recorded]:
    """The files that are left out and are not what was loaded from them; a restored one is pending again.

    Raises:
        LakeError: the record cannot be read.
    """
    return {name: recorded for name, recorded in _read(layout).items() if _is_damaged(layout.landing / name, recorded)}


def left_out_path(layout: Layout) -> Path:
    """The record of files that this lake lacks."""
    return layout.lake / "_left_out.json"


def _read(layout: Layout) -> dict[str, Recorded]:
    path = left_out_path(layout)
    try:
        return {name: Recorded(**facts) for name, facts in json.loads(path.read_bytes()).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise LakeError(f"{path}: expected the record of files that were left out: {error}") from error


def _is_damaged(path: Path, recorded: Recorded) -> bool:
    if not present(path).is_file():
        return True
    facts = path.stat()
    return _find_problem(path, recorded, facts.st_size, facts.st_mtime_ns, facts.st_ino) is not None


@lru_cache(maxsize=1000)
def _find_problem(path: Path, recorded: Recorded, *_version: int) -> str | None:
    # The doorbell reads this every second: the file is read again only when it has changed.
    return find_problem(path, recorded, deep=True)

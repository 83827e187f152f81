"""Which lakes a lake was compacted from: both hold the same rows, in other files and at other places in landing."""

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.layout import Layout

MAX_STEPS = 100  # a version of a lake further back is made anew


class Step(msgspec.Struct, frozen=True):
    """One compaction: the lake that it read, and the merged batches that it made."""

    lake: str
    merged: tuple[str, ...]


def add_step(source: Layout, aside: Layout, step: Step) -> None:
    """Record in the lake `aside` that it was compacted from `source`."""
    steps = [*_steps(source), step][-MAX_STEPS:]
    write_durably(aside.lake / _NAME, msgspec.json.encode(steps))


def merged_since(layout: Layout, lake: str) -> set[str] | None:
    """The batches of the lake in use that were merged since it was that other lake; None if it never was.

    Raises:
        LakeError: the record cannot be read.
    """
    if lake == layout.lake.resolve().name:
        return set()
    steps = _steps(layout)
    names = [step.lake for step in steps]
    if lake not in names:
        return None
    return {batch_id for step in steps[names.index(lake) :] for batch_id in step.merged}


_NAME = "_lineage.json"


def _steps(layout: Layout) -> list[Step]:
    path = layout.lake / _NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Step])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the compactions behind this lake: {error}") from error

"""The fast path: clean payloads become columns of history without a dict a row.

Gives the same rows as `payload/conform.py` and the models of `sql/history`; `test_any_path.py` compares the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sighten_warehouse.landing.decision import is_decision
from sighten_warehouse.landing.line import LandingLine
from sighten_warehouse.load.clean_rows import Batches, CleanRows
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.structs import decode_milestone, decode_task

DECODERS: dict[str, Callable[[msgspec.Raw | str], Any]] = {"milestone": decode_milestone, "task": decode_task}


@dataclass(frozen=True)
class CleanLine:
    """A line whose payload has the keys and types of its kind: the facts of its delivery, and the payload decoded."""

    line: LandingLine
    facts: Row
    kind: str
    root: Any


def decode_clean(line: LandingLine, facts: Row) -> CleanLine | None:
    """The line, if its payload is JSON from a webhook with known keys and types; whether it is clean is seen later."""
    if (
        line.source == "api"
        or is_decision(line)
        or line.body_encoding == "base64"
        or "content-encoding" in line.headers
        or line.erased
    ):
        return None
    for kind in DECODERS:
        try:
            return CleanLine(line, facts, kind, _decode(line, kind))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
    return None


def _decode(line: LandingLine, kind: str) -> Any:
    # If there is a body, the digest is its, not the payload's.
    return DECODERS[kind](line.payload if line.body is None else line.body)


def flatten_clean(lines: Sequence[CleanLine]) -> tuple[Batches, list[CleanLine]]:
    """The rows of history of the lines, which are of one kind; and the lines that are not clean, without rows."""
    unclean: list[CleanLine] = []
    while lines:
        rows = CleanRows(lines[0].kind, [line.root for line in lines], facts=[line.facts for line in lines])
        batches = rows.batches()
        found = rows.observed.unclean
        if not found:
            return batches, unclean
        unclean += [lines[index] for index in sorted(found)]
        # Flattening changes the decoded payloads.
        lines = [
            CleanLine(line.line, line.facts, line.kind, _decode(line.line, line.kind))
            for index, line in enumerate(lines)
            if index not in found
        ]
    return [], unclean

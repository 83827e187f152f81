"""The seeds of fuzzing: the vendor's sample in every dialect, and small bodies of each kind."""

import gzip
import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from sighten_warehouse.landing.line import landing_line

SAMPLE = files("sighten_simulator.world").joinpath("sample_milestone.verbatim.txt").read_bytes()
BODY, LINE = b"\x01", b"\x00"


def write_seeds(folder: Path) -> None:
    """Write a file per seed; keep the seeds and findings of earlier runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (folder / f"seed-{number}").write_bytes(seed)


def seeds() -> list[bytes]:
    """Bodies and a landing line, each after a byte that says which of the two it is."""
    payload = json.loads(SAMPLE.replace(b":False", b":false").replace(b":True", b":true"))
    task = payload["tasks"][0] | {"milestone": payload["uuid"], "task_definition": payload["uuid"]}
    compact = json.dumps(payload, separators=(",", ":")).encode()
    line = landing_line(compact, landing_id=payload["uuid"], received_at=datetime(2026, 11, 1, tzinfo=UTC))
    bodies = [
        SAMPLE,
        compact,
        repr(payload).encode(),
        json.dumps(task).encode(),
        b"{'a': u'\\x41\\u00e9\\U0001F600\\'', \"b\": NaN, 'c': -Infinity, 'd': 1e400, 'e': '\\ud800'}",
        b'{"stage_id": 1}',
        compact.replace(b'"sub_tasks":', b'"sub_tasks\\ud800":'),
        "{'tasks': None}".encode("utf-16"),
        gzip.compress(compact),
    ]
    return [BODY + body for body in bodies] + [LINE + line]

"""Hostile bodies take memory in proportion to their size."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.deep

BODY_BYTES = 3_000_000
MAX_TIMES_THE_BODY = 50
LIBRARIES = 100_000_000  # imports, and DuckDB's memory for any load

MEASURED = """
import resource, sys
from pathlib import Path
sys.path[:0] = ["tests"]
from support.warehouses import Warehouse

warehouse = Warehouse(Path(sys.argv[1]))
warehouse.land(Path(sys.argv[2]).read_bytes())
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
result = warehouse.load()
assert 1 == result.landed
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""

BODIES = {
    "children that are not objects": b'{"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "tasks": [%s[]]}'
    % (b"[]," * (BODY_BYTES // 3)),
    "unknown keys": b'{"tasks": []%s}'
    % b"".join(b',"k%07d":{"x":null}' % number for number in range(BODY_BYTES // 22)),
    "children with an id alone": b'{"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "tasks": [%s]}'
    % b",".join(b'{"uuid":"%032x"}' % number for number in range(BODY_BYTES // 44)),
    "numbers in objects": b'{"tasks": [], "x": [%s1]}' % (b'{"":1.1},' * (BODY_BYTES // 9)),
    "numbered characters": b"{'a': '%s'}" % (b"\\1" * (BODY_BYTES // 2)),
    "escapes": b"{'a': '%s'}" % (b"\\'" * (BODY_BYTES // 2)),
    "a string without an end": b'"\\' * (BODY_BYTES // 2),
    "brackets": b'{"tasks":' + b"[" * BODY_BYTES,
}
# One of each cause of memory: keys, repaired text, depth; the others are bodies of the same causes.
EACH_RUN = ("unknown keys", "numbered characters", "brackets")
MARKS = {name: () if name in EACH_RUN else pytest.mark.big for name in BODIES}


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks) for name, marks in MARKS.items()])
def test_a_hostile_body_takes_memory_in_proportion_to_its_size(tmp_path: Path, name: str) -> None:
    body = tmp_path / "body"
    body.write_bytes(BODIES[name])

    completed = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "home"), str(body)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert int(completed.stdout.split()[-1]) <= MAX_TIMES_THE_BODY * BODY_BYTES + LIBRARIES

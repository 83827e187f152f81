"""The memory of an import does not grow with the number of bodies, nor with archives built to exhaust it."""

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

MAX_GROWTH = 40_000_000

MEASURED = """
import resource, sys
sys.path[:0] = ["tests"]
from msgspec.structs import replace
from pathlib import Path
from msgspec.structs import replace
from support.importing import imported
from sighten_warehouse.backfill.files import chunks
from support.warehouses import Warehouse

chunks.MAX_MEMORY_BYTES, chunks.MAX_FILE_LINES = 4_000_000, 1_000_000
warehouse = Warehouse(Path(sys.argv[1]))
warehouse.settings = replace(warehouse.settings, max_body_bytes=1_000_000)
imported(warehouse, sys.argv[2], field="at")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tally = imported(warehouse, sys.argv[3], field="at")
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
print(tally.new, tally.unreadable_count, grown)
"""


def lines(count: int) -> bytes:
    return b"".join(
        b'{"n": %d, "at": "2018-%02d-01T00:00:00Z", "x": "%s"}\n' % (n, n % 12 + 1, b"%09d" % n * 800)
        for n in range(count)
    )


def many_members() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for number in range(12_000):
            file.writestr(zipfile.ZipInfo(f"{number:0300}"), b"")
        file.writestr("a", b"{}")
    return archive.getvalue()


def bomb(begin: bytes) -> bytes:
    return gzip.compress(gzip.compress(begin + b" " * 120_000_000, 1), 1)


def zstd_bomb() -> bytes:
    return bytes(pa.compress(b'{"a": "' + b"x" * 120_000_000, "zstd", asbytes=True))


def tar_bomb() -> bytes:
    header = tarfile.TarInfo("a")
    header.type, header.size = tarfile.XHDTYPE, 120_000_000
    return gzip.compress(header.tobuf(format=tarfile.GNU_FORMAT) + b" " * 120_000_000, 1)


LARGE: dict[str, tuple[Callable[[], bytes], int, int]] = {
    "many bodies of many days": (lambda: lines(9_000), 9_000, 0),
    "a zip with many members": (many_members, 1, 12_000),
    "a tar with one vast header": (tar_bomb, 0, 1),
    "one vast line": (lambda: bomb(b'{"a": 1}\n{"b": '), 1, 1),
    "one vast body": (zstd_bomb, 0, 1),
}


@pytest.mark.deep
@pytest.mark.parametrize("name", LARGE)
def test_memory_does_not_grow_with_what_is_imported(tmp_path: Path, name: str) -> None:
    content, new, unreadable = LARGE[name]
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(lines(1_000))
    large.write_bytes(content())

    arguments = [sys.executable, "-c", MEASURED, *map(str, (tmp_path / "home", small, large))]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)

    counts = [int(number) for number in ended.stdout.split()[-3:]]
    assert [max(new - 1_000, 0) if "days" in name else new, unreadable] == counts[:2]
    assert counts[2] <= MAX_GROWTH

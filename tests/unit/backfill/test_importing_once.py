"""Each delivery is landed once, however often, from wherever and after whatever crash its file is imported."""

import gzip
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from sighten_warehouse.backfill.files import chunks
from sighten_warehouse.errors import StorageError
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line
from support.factories import SAMPLE_BYTES, a_milestone, as_json
from support.importing import NOW, bodies, imported, landed, raw_lines, tarred, write, zipped, zstd
from support.warehouses import Warehouse

if TYPE_CHECKING:
    from sighten_warehouse.backfill.files.step import ImportProgress

A, B, C = (as_json(a_milestone(name)) for name in "abc")
SEVERAL = [as_json(a_milestone(str(number))) for number in range(23)]


def dump(folder: Path) -> Path:
    """Files of several days, with one body in more than one of them."""
    for number, body in enumerate(SEVERAL[:9]):
        write(folder / f"2018-09-{number // 4 + 1:02}T12-00-{number:02}.json", body)
    write(folder / "2018-09-02T13-00-00.ndjson.gz", gzip.compress(b"\n".join(SEVERAL[9:14])))
    members = [(f"2018-09-0{number % 5 + 1}T14-00-{number}", body) for number, body in enumerate(SEVERAL[14:], 14)]
    write(folder / "dump.tar.zst", zstd(tarred(*members)))
    return folder


LATER = (2019, 1, 2, 3, 4, 6)
PATTERN = "%Y-%m-%dT%H-%M-%S"


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_FILE_LINES", 3)


def as_it_was(folder: Path) -> Path:
    return folder


def elsewhere(folder: Path) -> Path:
    for path in folder.iterdir():
        write(folder.with_name("elsewhere") / path.name, path.read_bytes(), at=NOW)
    return folder.with_name("elsewhere")


def zipped_up(folder: Path) -> Path:
    content = zipped(*((f"x/{path.name}", path.read_bytes()) for path in sorted(folder.iterdir())), at=LATER)
    return write(folder.with_name("new.zip"), content, at=NOW)


@pytest.mark.parametrize(
    ("pattern", "again", "loaded"),
    [(PATTERN, as_it_was, True), (PATTERN, zipped_up, False), (None, elsewhere, True), (None, zipped_up, False)],
)
def test_a_moved_packed_or_touched_file_is_not_landed_again(
    warehouse: Warehouse, tmp_path: Path, pattern: str | None, again: Callable[[Path], Path], *, loaded: bool
) -> None:
    folder = dump(tmp_path / "dump")
    first = imported(warehouse, folder, pattern=pattern)
    before = raw_lines(warehouse)
    if loaded:
        warehouse.load()
    found_again = again(folder)
    (folder / "new").write_bytes(SAMPLE_BYTES)

    second = imported(warehouse, found_again, folder / "new", pattern=pattern)

    assert (23, 23) == (first.bodies, first.new)
    assert 1 == second.new
    assert set(before) < set(raw_lines(warehouse))
    assert 24 == len(raw_lines(warehouse))
    assert SAMPLE_BYTES in bodies(warehouse)


def test_a_file_matched_by_several_paths_is_read_once(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = dump(tmp_path / "dump")
    (tmp_path / "link").symlink_to(folder)
    os.link(folder / "dump.tar.zst", tmp_path / "hard link")

    tally = imported(warehouse, folder, tmp_path / "link", f"{folder}/*", f"{tmp_path}/**/*.gz", tmp_path / "hard link")

    assert (11, 23, 23) == (tally.files, tally.bodies, tally.new)
    assert 23 == len(raw_lines(warehouse))


def test_equal_bodies_count_by_number_in_their_file_and_by_their_own_time(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "2018-09-01.ndjson").write_bytes(b"\n".join([A, B, A]))
    (tmp_path / "2018-09-02.ndjson").write_bytes(b"\n".join([A, C]))
    (tmp_path / "2018-09-02-copy.ndjson").write_bytes(A)

    imported(warehouse, tmp_path, pattern="%Y-%m-%d")
    with_own_times = bodies(warehouse)
    without = imported(warehouse, tmp_path).new
    again = imported(warehouse, tmp_path).new

    assert [A, B, A, A, C] == with_own_times
    assert (4, 0) == (without, again)  # A, B, the second A of the first file, and C


def test_landing_lines_that_are_landed_already_are_not_landed_again(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land(A, B)
    warehouse.load()
    warehouse.land(C)
    other = Warehouse(tmp_path / "other")
    imported(other, warehouse.settings.layout.landing)
    other.land(SAMPLE_BYTES)

    tally = imported(warehouse, other.settings.layout.landing)

    assert (4, 1) == (tally.bodies, tally.new)
    assert [A, B, C, SAMPLE_BYTES] == bodies(warehouse)
    assert sorted(raw_lines(other)) == sorted(raw_lines(warehouse))


def test_a_landing_id_is_a_uuid7_of_the_time_of_receiving(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "2018-08-30").write_bytes(A)

    imported(warehouse, tmp_path, pattern="%Y-%m-%d")

    [line] = landed(warehouse)
    assert 7 == UUID(line.landing_id).version
    assert 1_535_587_200_000 == UUID(line.landing_id).int >> 80
    assert line.received_at == "2018-08-30T00:00:00.000000Z"
    assert [f"received_date=2018-08-30/{line.landing_id}.ndjson.zst"] == landing_files(
        warehouse.settings.layout.landing
    )


def before_the_file(_: Callable[..., None]) -> Callable[..., None]:
    def fail(_path: Path, _content: Callable[[Path], object]) -> None:
        raise KeyboardInterrupt

    return fail


def within_the_file(write: Callable[..., None]) -> Callable[..., None]:
    def fail(path: Path, content: Callable[[Path], object]) -> None:
        def half(hidden: Path) -> None:
            content(hidden)
            os.truncate(hidden, hidden.stat().st_size // 2)
            raise KeyboardInterrupt

        write(path, half)

    return fail


def after_the_file(write: Callable[..., None]) -> Callable[..., None]:
    def fail(path: Path, content: Callable[[Path], object]) -> None:
        write(path, content)
        raise KeyboardInterrupt

    return fail


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("crash", [before_the_file, within_the_file, after_the_file])
def test_an_interrupted_import_resumes_and_lands_the_same_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash: Callable[[Callable[..., None]], Callable[..., None]]
) -> None:
    folder = dump(tmp_path / "dump")
    complete, cut_off = Warehouse(tmp_path / "whole"), Warehouse(tmp_path / "cut off")
    imported(complete, folder, pattern=PATTERN)
    write = chunks.replace_durably
    crashes = 0

    for _ in range(30):
        calls: Iterator[Callable[..., None]] = iter([write, crash(write)])
        monkeypatch.setattr(chunks, "replace_durably", lambda *given, calls=calls: next(calls)(*given))
        try:
            imported(cut_off, folder, pattern=PATTERN)
        except KeyboardInterrupt:
            crashes += 1
        else:
            break

    assert crashes >= 3
    assert sorted(raw_lines(complete)) == sorted(raw_lines(cut_off))


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_reported_and_landed_files_stay(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = dump(tmp_path / "dump")
    write = chunks.replace_durably
    calls = iter([write])

    def full(path: Path, content: Callable[[Path], object]) -> None:
        if (write := next(calls, None)) is None:
            raise OSError(28, "No space left on device")
        write(path, content)

    with monkeypatch.context() as once:
        once.setattr(chunks, "replace_durably", full)
        with pytest.raises(StorageError, match="No space left on device"):
            imported(warehouse, folder)
    landed_first = len(raw_lines(warehouse))
    imported(warehouse, folder)

    assert 3 == landed_first
    assert 23 == len(raw_lines(warehouse)) == len(set(raw_lines(warehouse)))


@pytest.mark.parametrize(
    ("limit", "value", "expected"), [("MAX_FILE_LINES", 40, 28), ("MAX_WAITING_BYTES", 90_000, 43)]
)
def test_lines_spilled_to_disk_are_landed_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, expected: int
) -> None:
    chance = random.Random(3)
    days = [min(chance.randrange(11), chance.randrange(11)) + 1 for _ in range(900)]
    content = b"\n".join(
        b'{"n": %d, "at": "2018-01-%02dT00:00:00.%06dZ"}' % (number, day, number) for number, day in enumerate(days)
    )
    (tmp_path / "lines").write_bytes(content)
    at_once, aside = Warehouse(tmp_path / "at once"), Warehouse(tmp_path / "aside")
    imported(at_once, tmp_path / "lines", field="at")

    monkeypatch.setattr(chunks, "MAX_MEMORY_BYTES", 4_000)
    monkeypatch.setattr(chunks, limit, value)
    files = imported(aside, tmp_path / "lines", field="at").landing_files

    assert expected == files
    assert sorted(raw_lines(at_once)) == sorted(raw_lines(aside))
    landing = aside.settings.layout.landing
    for name in landing_files(landing):
        numbers = [parse_landing_line(line).received_at for line in read_raw_lines(landing / name)]
        assert numbers == sorted(numbers)


KILLED = """
import os, signal, sys
sys.path[:0] = ["tests"]
from pathlib import Path
from support.importing import imported
from sighten_warehouse.backfill.files import chunks
from support.warehouses import Warehouse

chunks.MAX_FILE_LINES = 2
imported(Warehouse(Path(sys.argv[1])), sys.argv[2], on_progress=lambda _: None, stop=lambda: print("read", flush=True))
"""


def test_after_a_killed_process_the_next_one_lands_the_rest_and_nothing_twice(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    folder = dump(tmp_path / "dump")
    arguments = [sys.executable, "-c", KILLED, str(warehouse.settings.home), str(folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    killed = len(raw_lines(warehouse))

    imported(warehouse, folder)

    assert 23 > killed
    assert set(SEVERAL) == set(bodies(warehouse))
    assert 23 == len(raw_lines(warehouse))


def test_stopping_lands_what_was_read_and_a_dry_run_writes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = dump(tmp_path / "dump")
    root = warehouse.settings.layout.root
    dry = imported(warehouse, folder, folder / "dump.tar.zst", dry_run=True)
    written = root.exists()
    seen: list[ImportProgress] = []
    answers = iter([False] * 7)

    stopped = imported(warehouse, folder, stop=lambda: next(answers, True), on_progress=seen.append)
    dry_after = imported(warehouse, folder, dry_run=True)

    assert (23, 23, 0) == (dry.bodies, dry.new, dry.landing_files)
    assert not written
    assert stopped.stopped
    assert len(raw_lines(warehouse)) == stopped.new == stopped.bodies == seen[-1].bodies < 23
    assert 23 - stopped.new == dry_after.new

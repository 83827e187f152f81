import errno
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from prove.faults import AllBut, Fault, FaultyDisk
from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import hardlink, write_durably
from sighten_warehouse.landing.files import landing_files, write_landing_file
from sighten_warehouse.landing.format import ensure_format

PLACE = "landing.files.write_landing_file"
VISIBLE_AFTER = ("after rename", "before fsync", "after fsync")


def land(landing: Path, fault: Fault, journal: Path) -> None:
    """Write a landing file, to be run in a process of its own."""
    FaultyDisk(fault, run="a run", journal=journal).install()
    write_landing_file(landing, [b"a line\n"], received_at=Clock().now())


def outcome(tmp_path: Path, fault: Fault) -> tuple[int | None, list[str]]:
    ensure_format(tmp_path / "landing", "landing")
    process = get_context("forkserver").Process(target=land, args=(tmp_path / "landing", fault, tmp_path / "journal"))
    process.start()
    process.join()
    return process.exitcode, landing_files(tmp_path / "landing")


def lines(tmp_path: Path) -> list[list[str]]:
    return [line.split("\t") for line in (tmp_path / "journal").read_text().splitlines()]


def test_every_change_to_a_file_is_a_point_before_and_after_it(tmp_path: Path) -> None:
    code, files = outcome(tmp_path, Fault())

    changes = ["mkdir", "fsync", "write", "rename"]
    points = [f"{when} {change} in {PLACE}" for change in changes for when in ("before", "after")]
    assert (0, 1) == (code, len(files))
    assert sorted(["a run", "reached", point] for point in points) == sorted(lines(tmp_path))


@pytest.mark.parametrize(
    ("point", "visible"), [("before write", 0), ("after write", 0), ("before rename", 0), ("after rename", 1)]
)
def test_a_kill_at_a_point_leaves_the_whole_file_or_none(tmp_path: Path, point: str, visible: int) -> None:
    code, files = outcome(tmp_path, Fault("kill", frozenset({f"{point} in {PLACE}"})))

    assert (-signal.SIGKILL, visible) == (code, len(files))
    assert [["a run", "struck", f"{point} in {PLACE}"]] == lines(tmp_path)[-1:]


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Fault], None]:
    """Let this process change files through a faulty disk, until the test ends."""

    def install(fault: Fault) -> None:
        disk = FaultyDisk(fault, run="a run", journal=tmp_path / "journal")
        monkeypatch.setattr("sighten_warehouse.durable.DISK.change", disk.change)

    return install


def test_an_error_comes_once_in_place_of_the_change(tmp_path: Path, faulty: Callable[[Fault], None]) -> None:
    (tmp_path / "landing").mkdir()
    faulty(Fault("error", frozenset({f"before write in {PLACE}"}), errno=errno.ENOSPC))

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as failed:
        write_landing_file(tmp_path / "landing", [b"1\n"], received_at=Clock().now())
    write_landing_file(tmp_path / "landing", [b"2\n"], received_at=Clock().now())

    assert errno.ENOSPC == failed.value.errno
    assert 1 == len(landing_files(tmp_path / "landing"))


def test_a_chance_decides_at_each_point_and_the_seed_the_chance(tmp_path: Path) -> None:
    fault = Fault("kill", frozenset({f"before write in {PLACE}", f"after rename in {PLACE}"}), chance=0.5, seed=1)

    outcomes = [outcome(tmp_path / name, fault) for name in ("one", "two")]
    others = {outcome(tmp_path / str(seed), replace(fault, seed=seed))[0] for seed in range(8)}

    assert outcomes[0][0] == outcomes[1][0]
    assert {0, -signal.SIGKILL} == others


def test_a_slow_disk_waits_before_each_fsync(tmp_path: Path, faulty: Callable[[Fault], None]) -> None:
    faulty(Fault(slow_fsync_s=0.01))
    started = time.perf_counter()

    write_durably(tmp_path / "name", b"content")

    assert 0.02 <= time.perf_counter() - started  # the file, and the folder


def test_a_file_system_may_lack_an_operation(tmp_path: Path, faulty: Callable[[Fault], None]) -> None:
    faulty(Fault(refused="link"))
    write_durably(tmp_path / "name", b"content")

    with pytest.raises(OSError, match=os.strerror(errno.EPERM)):
        hardlink(tmp_path / "name", tmp_path / "other")

    assert [tmp_path / "journal", tmp_path / "name"] == sorted(tmp_path.iterdir())


def test_a_fault_may_spare_points_and_strike_any_other(tmp_path: Path) -> None:
    spared = frozenset(f"{when} {change} in {PLACE}" for change in ("mkdir", "fsync") for when in ("before", "after"))

    code, files = outcome(tmp_path, Fault("kill", AllBut(spared)))

    assert (-signal.SIGKILL, 0) == (code, len(files))
    assert [["a run", "struck", f"before write in {PLACE}"]] == lines(tmp_path)[-1:]


def test_it_may_be_sure_at_some_points_whatever_the_chance(tmp_path: Path) -> None:
    point = f"before write in {PLACE}"

    code, _ = outcome(tmp_path, Fault("kill", frozenset({point}), chance=0.0, surely=frozenset({point})))

    assert -signal.SIGKILL == code

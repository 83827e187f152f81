import asyncio
from pathlib import Path

import pytest

from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.receiver.readiness import PROBE_NAME, Readiness


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ready(landing: Path, clock: Clock, *, largest_body: int = 1, runs: bool = True) -> Readiness:
    return Readiness(landing, largest_body=largest_body, committer_runs=lambda: runs, clock=clock)


def test_the_check_writes_a_hidden_file_that_no_loader_sees(tmp_path: Path, clock: Clock) -> None:
    problem = asyncio.run(ready(tmp_path, clock).problem())

    assert problem is None
    assert (tmp_path / PROBE_NAME).stat().st_size > 0
    assert [] == landing_files(tmp_path)
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())


def test_the_check_writes_at_most_once_a_second(tmp_path: Path, clock: Clock) -> None:
    readiness = ready(tmp_path, clock)
    written = []

    async def check_at(*moments: float) -> None:
        for moment in moments:
            clock.now = moment
            assert await readiness.problem() is None
            written.append((tmp_path / PROBE_NAME).stat().st_ino)

    asyncio.run(check_at(100.0, 100.9, 101.0))

    assert written[0] == written[1] != written[2]


def test_a_problem_is_reported_until_the_next_probe(tmp_path: Path, clock: Clock) -> None:
    landing = tmp_path / "landing"
    landing.write_text("a file where the folder should be")
    readiness = ready(landing, clock)

    async def check() -> list[str | None]:
        problems = [await readiness.problem()]
        landing.unlink()
        problems.append(await readiness.problem())
        clock.now += 1
        return [*problems, await readiness.problem()]

    first, same, mended = asyncio.run(check())

    assert first is not None
    assert f"{landing}: cannot write" in first
    assert first == same
    assert mended is None


def test_a_disk_without_room_for_one_body_is_not_ready(tmp_path: Path, clock: Clock) -> None:
    problem = asyncio.run(ready(tmp_path, clock, largest_body=2**62).problem())

    assert problem is not None
    assert "bytes free, expected room for one body" in problem


def test_without_a_committer_it_is_never_ready(tmp_path: Path, clock: Clock) -> None:
    assert "the committer does not run" == asyncio.run(ready(tmp_path, clock, runs=False).problem())


def test_concurrent_checks_share_one_probe(tmp_path: Path, clock: Clock) -> None:
    readiness = ready(tmp_path, clock)

    async def check() -> list[str | None]:
        return await asyncio.gather(*(readiness.problem() for _ in range(50)))

    assert [None] * 50 == asyncio.run(check())


def test_a_disk_that_hangs_is_reported_and_not_waited_for(tmp_path: Path) -> None:
    readiness = Readiness(tmp_path, largest_body=1, committer_runs=lambda: True, timeout_s=0)

    problem = asyncio.run(readiness.problem())

    assert problem is not None
    assert "did not end within" in problem

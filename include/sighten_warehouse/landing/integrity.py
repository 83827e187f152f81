"""Whether a landing file is still what was loaded from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sighten_warehouse.landing.files import LandingReader, digest_of, is_as_named
from sighten_warehouse.landing.line import ERASED_ENDINGS, parse_landing_line
from sighten_warehouse.remotes import present, size_of


@dataclass(frozen=True)
class Recorded:
    """What a commit records of a landing file; older code recorded the lines only.

    `damaged_lines`: lines that could not be read when the file was loaded.
    """

    lines: int
    bytes: int | None = None
    sha256: str | None = None
    damaged_lines: int = 0


def is_intact(raw: bytes) -> bool:
    """Whether it is a landing line whose body has the digest that was recorded when it was received."""
    try:
        return parse_landing_line(raw).is_intact()
    except ValueError:
        return False


def find_problem(path: Path, recorded: Recorded, *, deep: bool) -> str | None:
    """What is wrong with the file, as a phrase; None if nothing is.

    `deep`: read it and compare the digest; otherwise only the size is compared. A file that was damaged when it was
    loaded and is whole now has no problem: a rebuild loads it.
    """
    try:
        size = size_of(path)
    except FileNotFoundError:
        return "missing"
    if path.is_dir():
        return "not a file"
    if not deep and (recorded.bytes is None or recorded.bytes == size):
        return None
    if recorded.sha256 is not None and size == recorded.bytes and digest_of(path) == recorded.sha256:
        return None
    return _compare(path, recorded, size)


def hides_damage(path: Path) -> bool:
    """Whether the file is not what was written, and no line shows that: lines are gone, or altered beside their bodies.

    Other damage is that of a line, which the loader sets aside.
    """
    facts = present(path).stat()
    return _hides_damage(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=100_000)
def _hides_damage(path: Path, size: int, _changed_at: int) -> bool:
    # The doorbell asks every second.
    return not size or not (is_as_named(path) or count_lines(path)[1] or _was_erased_from(path))


def _was_erased_from(path: Path) -> bool:
    """Whether an erasure has written the file anew, under the same name."""
    return any(raw.endswith(ERASED_ENDINGS) for raw in LandingReader(path))


def is_restored(path: Path, recorded: Recorded) -> bool:
    """Whether the file was damaged when it was loaded, and is whole now."""
    if not recorded.damaged_lines or not present(path).is_file():
        return False
    lines, damaged = count_lines(path)
    return not damaged and lines >= recorded.lines


def _compare(path: Path, recorded: Recorded, size: int) -> str | None:
    if is_restored(path, recorded):
        return None
    lines, damaged = count_lines(path)
    if recorded.sha256 is None and lines == recorded.lines and not damaged:
        return None
    found, expected = f"{lines:,} lines", f"{recorded.lines:,} lines"
    if recorded.bytes is not None:
        found, expected = f"{size:,} bytes, {found}", f"{recorded.bytes:,} bytes, {expected}"
    if found == expected:
        expected = "those that were loaded"
    first = f", line {damaged[0]} damaged" if damaged else ""
    return f"{found}{first}; expected {expected}"


def count_lines(path: Path) -> tuple[int, Sequence[int]]:
    """The number of lines, and the numbers of the damaged ones; what cannot be decompressed is one damaged line."""
    damaged: list[int] = []
    number = 0
    try:
        for number, raw in enumerate(LandingReader(path), 1):
            if not is_intact(raw):
                damaged.append(number)
    except OSError as error:
        if error.errno is not None:
            raise
        return number + 1, [*damaged, number + 1]
    return number, damaged

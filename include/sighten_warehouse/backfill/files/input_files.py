"""The input files below some paths: each once, oldest first, in bounded memory."""

import errno
import glob
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from types import TracebackType

from sighten_warehouse.landing.format import FILE_NAME


def _refuse_link_out_of(folder: str, path: str) -> None:
    """Refuse a symbolic link that leaves the folder; whoever wrote the folder may not read what it points to.

    Raises:
        OSError: it leaves the folder, or leads nowhere.
    """
    target = os.path.realpath(path, strict=True)
    if not Path(target).is_relative_to(folder):
        raise OSError(errno.ELOOP, "a symbolic link out of the folder, expected a file in it")


def _root_of(pattern: str) -> str:
    """The folder that the matches of a glob are in: its first parts, without magic."""
    parts = Path(pattern).parts
    fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return os.path.realpath(Path(*parts[:fixed]))


def _time(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):  # file systems accept times outside the calendar
        return None


@dataclass(frozen=True)
class Input:
    """One file to read; `modified` is None if its time is out of range."""

    path: Path
    size: int
    modified: datetime | None


class Inputs(AbstractContextManager["Inputs"]):
    """Files ordered by `time_of`, kept on disk until closed.

    In the order of their times they come day by day, so that landing files become large.
    """

    def __init__(self, time_of: Callable[[Input], datetime]) -> None:
        self._time_of = time_of
        self.unreadable: list[tuple[str, OSError]] = []
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("pragma journal_mode = off")
        # Device and inode identify a file, also through links and other names.
        columns = "place text primary key, path blob, size integer, modified real, time real"
        self._database.execute(f"create table inputs ({columns}) without rowid")
        self._database.execute("begin")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the list."""
        self._database.close()

    def add(self, path: str) -> bool:
        """Add the file, all files below the folder, or all matches of the glob; return whether there are any.

        Below a folder, names that begin with a dot are skipped. Symbolic links are followed where they are given as
        path; below a folder or a glob they are not, and one that leaves it is unreadable.
        """
        if os.path.lexists(path):
            self._add(path, root=os.path.realpath(path))
            return True
        found = False
        root = _root_of(path)
        for match in glob.iglob(path, recursive=True):  # noqa: PTH207  (Path.glob takes no absolute pattern)
            found = True
            self._add_within(match, root=root)
        return found

    def _add_within(self, path: str, *, root: str, follow_folder: bool = True) -> None:
        try:
            _refuse_link_out_of(root, path)
        except OSError as error:
            self.unreadable.append((path, error))
            return
        if follow_folder or not os.path.isdir(path):  # noqa: PTH112  (Path is slow)
            self._add(path, root=root)

    def _add(self, path: str, *, root: str) -> None:
        try:
            facts = os.stat(path)  # noqa: PTH116  (a million of them, and Path is slow)
            if S_ISDIR(facts.st_mode):
                with os.scandir(path) as entries:
                    for entry in entries:
                        if entry.name.startswith(".") or entry.name == FILE_NAME:
                            continue
                        if entry.is_symlink():  # a folder that is linked to is below here by its own name
                            self._add_within(entry.path, root=root, follow_folder=False)
                        else:
                            self._add(entry.path, root=root)
            elif S_ISREG(facts.st_mode):
                self._remember(path, facts)
        except OSError as error:
            self.unreadable.append((path, error))

    def _remember(self, path: str, facts: os.stat_result) -> None:
        file = Input(Path(path), facts.st_size, _time(facts.st_mtime))
        place = f"{facts.st_dev}/{facts.st_ino}"
        row = (place, os.fsencode(path), file.size, facts.st_mtime, self._time_of(file).timestamp())
        self._database.execute("insert or ignore into inputs values (?, ?, ?, ?, ?)", row)

    def total(self) -> tuple[int, int]:
        """The number of files, and of their bytes."""
        files, size = self._database.execute("select count(*), coalesce(sum(size), 0) from inputs").fetchone()
        return int(files), int(size)

    def __iter__(self) -> Iterator[Input]:
        """The files, oldest first."""
        for path, size, modified in self._database.execute(
            "select path, size, modified from inputs order by time, path"
        ):
            yield Input(Path(os.fsdecode(path)), size, _time(modified))

"""What of the store this machine knows: the key, the identity and the size of each object, in a small database."""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from sighten_warehouse.durable import OWNER_ONLY, drop_here, ensure_folder

_TABLE = "create table if not exists objects"
_TABLE += " (key text primary key, etag text not null, size integer not null, modified real not null)"
_UP_TO = chr(0x10FFFF)  # sorts after every character of a key


class Known(NamedTuple):
    """What identifies the bytes of an object (empty until the next pull), its size, and when it was stored."""

    etag: str
    size: int
    modified: float


class Index:
    """The objects that the last pulls have listed, and those stored since; for several threads and processes.

    It is a cache: a damaged one is begun anew, and the next pull fills it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._process = 0
        self._opened: sqlite3.Connection | None = None

    def get(self, key: str) -> Known | None:
        """The object; None if it is not known."""
        with self._lock:
            found = self._connection.execute("select etag, size, modified from objects where key = ?", [key]).fetchone()
        return None if found is None else Known(*found)

    def below(self, folder: str) -> list[str]:
        """The keys of the known objects below the folder, in order."""
        prefix = f"{folder}/" if folder else ""
        with self._lock:
            rows = self._connection.execute(
                "select key from objects where key >= ? and key < ? order by key", [prefix, prefix + _UP_TO]
            ).fetchall()
        return [key for (key,) in rows]

    def set(self, rows: Iterable[tuple[str, str, int, float]]) -> None:
        """Know these objects: key, identity, size, time."""
        with self._lock, self._connection:
            self._connection.executemany("insert or replace into objects values (?, ?, ?, ?)", rows)

    def forget(self, keys: Iterable[str]) -> None:
        """Know these objects no more."""
        with self._lock, self._connection:
            self._connection.executemany("delete from objects where key = ?", [(key,) for key in keys])

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None or self._process != os.getpid():
            self._process = os.getpid()
            ensure_folder(self._path.parent, mode=OWNER_ONLY)
            try:
                self._opened = self._open()
            except sqlite3.DatabaseError:
                for path in self._path.parent.glob(f"{self._path.name}*"):
                    drop_here(path)
                self._opened = self._open()
        return self._opened

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=60, check_same_thread=False)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = off")  # after a power cut, sizes show what is not whole
        connection.execute(_TABLE)
        return connection

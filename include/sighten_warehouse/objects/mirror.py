"""The folder of this machine that mirrors a home on object storage: changes go there first, reads are downloaded."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import time
from uuid import uuid4

from sighten_warehouse.durable import drop_here, place_here
from sighten_warehouse.errors import SettingError, StorageError
from sighten_warehouse.objects.at_once import at_once
from sighten_warehouse.objects.export import show_export
from sighten_warehouse.objects.index import Index
from sighten_warehouse.objects.store import Content, Store

INDEX = ".objects.sqlite"
EXPORT = "parquet"  # of `published`, which people read by its path
# Files of this machine: hidden ones (locks, unfinished files), the publisher's work, lakes being made, and the commits
# that `lake.sequence` writes here from its own objects.
_LOCAL = re.compile(r"(.+/)?(\.(?!damaged/)[^/]*|[^/]+\.tmp)(/.*)?|[^/]+/(work|lake[^/]*/_commits)(/.*)?")


class Mirror:
    """A folder of this machine below which the files of the store appear; it may be deleted at any time.

    Whatever becomes visible here is stored before. A file is downloaded when it is needed first, and never again
    unless it was replaced.
    """

    def __init__(self, root: Path, store: Store) -> None:
        self.root = root
        self.url = store.url
        self.store = store
        self.index = Index(root / INDEX)
        self._same: dict[Path, str] = {}  # file here → the key of an object with the same bytes

    def key(self, path: Path) -> str:
        """The key of the object of that file."""
        return path.relative_to(self.root).as_posix()

    def is_stored(self, key: str) -> bool:
        """Whether files of that name are on the store too."""
        return _LOCAL.fullmatch(key) is None

    def put_bytes(self, path: Path, content: bytes) -> None:
        """Store the bytes as that file, which is not written here."""
        self.store.put(self.key(path), content)

    def bring(self, path: Path) -> bool:
        """Download the file as it is stored now; False if it is not stored."""
        if self.is_stored(self.key(path)):
            self.download([self.key(path)])
        return path.exists()

    def stored_since(self, folder: Path, time: float) -> list[Path]:
        """The files below the folder that were stored since then (seconds since 1970), the newest first."""
        found = [stored for stored in self.store.below(self.key(folder)) if stored.modified.timestamp() >= time]
        found.sort(key=lambda stored: stored.modified, reverse=True)
        return [self.root / stored.key for stored in found if self.is_stored(stored.key)]

    def limit_patience(self, seconds: float) -> None:
        """Wait no longer for a store that does not answer."""
        self.store = Store(self.url, patience_s=seconds)

    def put(self, source: Path, target: Path) -> None:
        """Store what will be at `target`, before the file or folder `source` is renamed to it."""
        if not self.is_stored(self.key(target)):
            return
        if source.is_dir():
            files = [(path, target / path.relative_to(source)) for path in source.rglob("*") if path.is_file()]
            self.put_all([(path, each) for path, each in files if self._is_to_be_put(path, each)])
        else:
            self._put(source, target)

    def _is_to_be_put(self, path: Path, target: Path) -> bool:
        """Whether that file of a folder is not stored yet; those that change have names with an underscore."""
        key = self.key(target)
        known = self.index.get(key)
        return self.is_stored(key) and (
            known is None or target.name.startswith("_") or known.size != path.stat().st_size
        )

    def put_all(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        """Store each file as what will be at its target, several at a time."""
        at_once(lambda pair: self._put(*pair), pairs)

    def _put(self, source: Path, target: Path) -> None:
        key = self.key(target)
        same = self._same.pop(source, None) or (None if source.exists() else self.key(source))
        etag = self.store.copy(same, key) if same else None
        if etag is None:
            etag = self.store.put(key, source)
        origin = self.index.get(same) if same and not source.exists() else None
        self._know(key, etag, origin.size if origin else source.stat().st_size)

    def _know(self, key: str, etag: str, size: int) -> None:
        self.index.set([(key, etag, size, time())])

    def link(self, path: Path, other: Path) -> None:
        """Store what will be at `other`, before it becomes another name of the file `path`; within the store if it can.

        Where `other` is a file of this machine only, remember that it has the bytes of a stored one.
        """
        self.fetch([path])
        if self.index.get(self.key(path)):
            self._same[path] = self.key(path)
            if not self.is_stored(self.key(other)):
                self._same[other] = self._same.pop(path)
                return
        self.put(path, other)

    def delete_files(self, paths: Iterable[Path]) -> None:
        """Delete those of the files there that are known to be there, then here."""
        keys = [key for path in paths if self.index.get(key := self.key(path))]
        self.store.delete(keys)
        for key in keys:
            drop_here(self.root / key)
        self.index.forget(keys)

    def delete_folder(self, folder: Path) -> None:
        """Delete the folder with all that it holds, there."""
        if self.is_stored(self.key(folder)):
            found = {stored.key for stored in self.store.below(self.key(folder))} | set(
                self.index.below(self.key(folder))
            )
            self.store.delete(sorted(found))
            self.index.forget(found)

    def delete_until(self, folder: Path, name: str) -> None:
        """Delete the folders in that folder whose names sort up to this one, there; one before may be another's."""
        start = f"{self.key(folder)}/"
        found = [stored.key for stored in self.store.below(self.key(folder))]
        keys = [key for key in found if key.removeprefix(start).partition("/")[0] <= name]
        self.store.delete(keys)
        self.index.forget(keys)

    def folders(self, folder: Path) -> Sequence[str]:
        """The names of the folders in that folder of the store, now."""
        return tuple(Path(name).name for name in self.store.level(self.key(folder))[1])

    def point(self, link: Path, target: Path) -> None:
        """Let the link lead to the target: to a lake by a pointer object, to an export by its objects under that name.

        A pointer that names a newer lake stays.
        """
        if link.name == EXPORT:
            show_export(self.store, self._stored_as(target), self.key(link))
            return
        key, name = self.key(link), target.name
        while True:
            known = self.store.get(key)
            if known is not None and _named(known) >= name:
                return
            if self.store.replace(key, _pointer(name), known=known):
                return

    def _stored_as(self, folder: Path) -> dict[str, tuple[str, str]]:
        """The stored files of the folder: name below it → key and identity."""
        found = {key: self.index.get(key) for key in self.index.below(self.key(folder))}
        start = f"{self.key(folder)}/"
        return {key.removeprefix(start): (key, known.etag) for key, known in found.items() if known}

    def create_pointer(self, link: Path, target: str) -> str:
        """Let the pointer object name the target unless it names one already; return what it names.

        Raises:
            SettingError: the store does not keep what several machines rely on; nothing was created.
        """
        if self.pointer(link) is None and (problem := self.store.problem()):
            raise SettingError(
                f"SIGHTEN_HOME: {self.url}: {problem}; expected a store that keeps two machines from committing the"
                " same deliveries (docs/object-storage.md#what-the-store-must-do)"
            )
        self.store.create(self.key(link), _pointer(target))
        return self.pointer(link) or target

    def pointer(self, link: Path) -> str | None:
        """What the pointer object names; None if there is none."""
        found = self.store.get(self.key(link))
        return None if found is None else _named(found)

    def create(self, path: Path, content: bytes) -> bool:
        """Store a new object and write it here; False if there is one of that name, of somebody else."""
        key = self.key(path)
        if not self.store.create(key, content):
            return False
        self._know(key, "", len(content))  # its identity is taken over by the next pull
        place_here(path, lambda hidden: hidden.write_bytes(content))
        return True

    def fetch(self, paths: Iterable[Path]) -> None:
        """Download those files that are stored and not here."""
        missing = [key for path in paths if not path.exists() for key in [self.key(path)] if self.index.get(key)]
        self.download(missing)

    def download(self, keys: Sequence[str]) -> None:
        """Download these objects, several at a time; one that is gone is left out."""
        at_once(self._download, keys)

    def _download(self, key: str) -> None:
        path = self.root / key
        etag = place_here(path, lambda hidden: self.store.download(key, hidden))
        if etag is None:
            self.index.forget([key])
        else:
            self._know(key, etag, path.stat().st_size)

    def size(self, path: Path) -> int | None:
        """The size of the stored file; None if there is none."""
        known = self.index.get(self.key(path))
        return None if known is None else known.size

    def modified(self, path: Path) -> float | None:
        """When the stored file was stored, in seconds since 1970; None if there is none."""
        known = self.index.get(self.key(path))
        return None if known is None else known.modified

    def listed(self, folder: Path) -> list[Path]:
        """The stored files below the folder, as of the last pull."""
        return [self.root / key for key in self.index.below(self.key(folder))]


def _pointer(name: str) -> bytes:
    # A word of its own, so that a repeated write knows what it has written.
    return f"{name} {os.getpid()}.{uuid4().hex}\n".encode()


def _named(content: Content) -> str:
    name, _, _ = content.data.decode().partition(" ")
    if not name:
        raise StorageError("a pointer object is empty; expected the name that it points to")
    return name

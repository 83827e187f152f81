"""Homes that are made once for many tests, of which each finds its own as it was made."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sighten_warehouse.lake import loads, manifest
from support.warehouses import Warehouse


class MadeOnce:
    """A home that is put back for each test, at the same path: published files and the cache of publish name it."""

    def __init__(self, folder: Path, make: Callable[[Warehouse], object]) -> None:
        self._kept = folder / "as it was made"
        self._given = Warehouse(folder / "home with a space")
        make(self._given)
        self._clock = self._given.clock
        self._given.close()
        _copy(self._given.settings.home, self._kept)

    def again(self) -> Warehouse:
        """The home as it was made; the one that was given before is gone."""
        self._given.close()
        home = self._given.settings.home
        shutil.rmtree(home)
        _copy(self._kept, home)
        for remembered in (manifest._read_commit, loads._merged_ids):  # noqa: SLF001  (files that never change, save here)
            remembered.cache_clear()
        self._given = Warehouse(home)
        self._given.clock = self._clock
        return self._given


def _copy(source: Path, target: Path) -> None:
    """Copy the folder with its times, symbolic links and hard links."""
    copies: dict[int, str] = {}

    def copy(path: str, to: str) -> None:
        inode = Path(path).stat().st_ino
        if inode in copies:
            os.link(copies[inode], to)
        else:
            copies[inode] = shutil.copy2(path, to)

    shutil.copytree(source, target, symlinks=True, copy_function=copy)

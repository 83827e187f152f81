"""Backups of a home in a folder: each a whole tree of plain files, which shares unchanged files with the one before."""

from sighten_warehouse.backup.restore import restore
from sighten_warehouse.backup.step import back_up

__all__ = ["back_up", "restore"]

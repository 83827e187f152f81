"""Landing past deliveries from files; importing twice lands once."""

from sighten_warehouse.backfill.files.step import import_files

__all__ = ["import_files"]

"""Past deliveries from files into landing, each landed once however often it is imported."""

from sighten_warehouse.backfill.files.step import import_files

__all__ = ["import_files"]

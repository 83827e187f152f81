"""Publish: lake to `warehouse.duckdb` and Parquet, swapped in by one rename; opening a version."""

from sighten_warehouse.publish.step import publish

__all__ = ["publish"]

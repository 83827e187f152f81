"""Publish: lake to `warehouse.duckdb` and Parquet, swapped in by one rename; opening a version."""

from sighten_warehouse.publish.step import prove, publish
from sighten_warehouse.publish.versions import is_current

__all__ = ["is_current", "prove", "publish"]

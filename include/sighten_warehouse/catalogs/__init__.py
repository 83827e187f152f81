"""Registers the exported Parquet where other engines look it up: in an Iceberg catalog, and as a frozen DuckLake."""

from sighten_warehouse.catalogs.step import export_and_register

__all__ = ["export_and_register"]

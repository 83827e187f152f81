"""Sighten Warehouse: Sighten's milestone webhooks, landed without loss and loaded into DuckDB and Parquet."""

__version__ = "0.1.0"

"""What only the API knows of a quote: which one is signed now, and its DAL values."""

from sighten_warehouse.enrich.step import enrich

__all__ = ["enrich"]

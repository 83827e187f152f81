"""Asks the API which quote is signed now, and pulls its DAL values."""

from sighten_warehouse.enrich.step import enrich

__all__ = ["enrich"]

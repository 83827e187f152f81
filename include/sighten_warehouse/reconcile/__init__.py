"""Compares what changed at the API with what was delivered."""

from sighten_warehouse.reconcile.step import reconcile

__all__ = ["reconcile"]

"""What changed at the API against what was delivered."""

from sighten_warehouse.reconcile.step import reconcile

__all__ = ["reconcile"]

"""Querying: SQL models over what is committed, and over API answers that are not loaded yet.

What the newest published version already holds is read from it, so that a step costs no computation of all history.
"""

from sighten_warehouse.querying.engine import open_models, select_from_loads
from sighten_warehouse.querying.published import awaits_publish

__all__ = ["awaits_publish", "open_models", "select_from_loads"]

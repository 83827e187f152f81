"""Load: turn batches of landing files into history files; loading again changes nothing."""

from sighten_warehouse.load.commit import commit
from sighten_warehouse.load.step import flatten, is_one_batch, load, pending, plan

__all__ = ["commit", "flatten", "is_one_batch", "load", "pending", "plan"]

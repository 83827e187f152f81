"""Load: turn batches of landing files into history files; loading again changes nothing."""

from sighten_warehouse.load.step import commit, flatten, is_one_batch, load, pending, plan

__all__ = ["commit", "flatten", "is_one_batch", "load", "pending", "plan"]

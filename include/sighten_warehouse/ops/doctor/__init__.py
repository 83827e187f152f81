"""The doctor: checks an installation, and says for each finding what to do."""

from sighten_warehouse.ops.doctor.check import Check, Severity
from sighten_warehouse.ops.doctor.step import examine

__all__ = ["Check", "Severity", "examine"]

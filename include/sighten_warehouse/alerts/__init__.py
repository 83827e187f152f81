"""Alerts: send each problem once, and once more when it is over."""

from sighten_warehouse.alerts.problem import Problem
from sighten_warehouse.alerts.tell import Told, tell

__all__ = ["Problem", "Told", "tell"]

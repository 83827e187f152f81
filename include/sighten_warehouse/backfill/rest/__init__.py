"""Backfill by REST: sites by the day of their last update, each with its milestones."""

from sighten_warehouse.backfill.rest.step import plan_days, pull_day, pull_days, retry_failed, status

__all__ = ["plan_days", "pull_day", "pull_days", "retry_failed", "status"]

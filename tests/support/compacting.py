"""Homes of many small loads, and what a compaction may change in them."""

from typing import Any

from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from support.warehouses import Warehouse

PLACE = ("landing_file", "line_number")
PUBLISHING = ("published_at", "publish_seconds", "total_seconds", "seconds_to_publish")


def load_each(warehouse: Warehouse, *bodies: Any) -> None:
    for body in bodies:
        warehouse.take_in(body)


def lines(warehouse: Warehouse) -> list[bytes]:
    """Every landed line, in an order of its own."""
    landing = warehouse.settings.layout.landing
    return sorted(line for name in landing_files(landing) for line in read_raw_lines(landing / name))


def commit_count(warehouse: Warehouse) -> int:
    return len(commits(warehouse.settings.layout))

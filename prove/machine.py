"""What a fault run ran on, for its report."""

import os
import platform
import sys
from datetime import UTC, datetime

import duckdb

from sighten_warehouse.version import __version__


def describe_machine() -> str:
    """Date, versions and machine, in one line."""
    day = datetime.now(UTC).date()
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    user = "root" if os.geteuid() == 0 else "a user"
    return (
        f"{day}: sighten-warehouse {__version__}, Python {platform.python_version()}, DuckDB {duckdb.__version__},"
        f" {platform.system()} {platform.release()}, {cores} cores, as {user}"
    )

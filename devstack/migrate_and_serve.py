"""`python -m devstack.migrate_and_serve FILE`: migrate Airflow's metadata, note its version in FILE, serve the API.

One process for both, since importing Airflow takes seconds.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from runpy import run_module

AIRFLOW_VERSION = version("apache-airflow-core")


def main(migrated: Path) -> None:
    """Run `airflow db migrate`, then `airflow api-server`, which serves until it is stopped."""
    _airflow("db", "migrate")
    migrated.write_text(AIRFLOW_VERSION)
    _airflow("api-server")


def _airflow(*arguments: str) -> None:
    sys.argv = ["airflow", *arguments]
    run_module("airflow", run_name="__main__")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

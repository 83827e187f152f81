"""What Airflow asks of its local settings when it starts: its database, and that no process logs a secret."""

import structlog
from airflow.sdk.log import mask_logs

from sighten_airflow.sqlite_metadata import create_metadata_engine

__all__ = ["configure_action_logging", "create_metadata_engine"]


def configure_action_logging() -> None:
    """Called by every process of Airflow once it has configured its logs: masks what goes to its own output too.

    The log file of a task is masked by Airflow itself. But LocalExecutor writes the same lines once more to the
    scheduler's output, and Airflow 3.3 masks nothing there.
    """
    *others, renderer = structlog.get_config()["processors"]
    if mask_logs not in others:
        structlog.configure(processors=[*others, mask_logs, renderer])

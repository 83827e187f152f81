"""Airflow imports this file at start: it masks secrets in every process's output."""

import structlog
from airflow.sdk.log import mask_logs


def configure_action_logging() -> None:
    """Mask secrets in the output of this process; Airflow calls this after it has configured logging.

    Airflow masks the log file of a task itself. But LocalExecutor repeats the lines in the scheduler's output, and
    Airflow 3.3 masks nothing there.
    """
    *others, renderer = structlog.get_config()["processors"]
    if mask_logs not in others:
        structlog.configure(processors=[*others, mask_logs, renderer])

"""Sighten Warehouse: Sighten's milestone webhooks, landed without loss and loaded into DuckDB and Parquet."""

from typing import TYPE_CHECKING, Literal

from sighten_warehouse.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from sighten_warehouse.publish.reader import OpenedWarehouse

__all__ = ["__version__", "open_warehouse"]


def open_warehouse(
    path: "str | Path | None" = None, *, version: str | None = None, pii: Literal["masked", "full"] | None = None
) -> "OpenedWarehouse":
    """Open the published warehouse read-only: the newest version, unless `version` names another.

    `path` is a published or portable file, or the URL of a home on object storage, whose version is downloaded once.
    The default is the one below SIGHTEN_HOME. Personal data is masked unless
    SIGHTEN_PII or `pii` is `full`. Later publishes do not change an open warehouse.

    >>> with open_warehouse() as warehouse:
    ...     warehouse.frame("select status, task_count from milestones")
         status  task_count
    0  APPROVED           2

    Raises:
        SettingError: a setting is ill-formed, or `pii` is neither `masked` nor `full`.
        NotPublishedError: there is no such file or version.
    """
    from sighten_warehouse.publish.reader import open_published  # noqa: PLC0415  (DuckDB is imported on first use)

    return open_published(path, version=version, pii=pii)

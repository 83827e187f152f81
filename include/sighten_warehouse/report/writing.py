"""Writes the report as one file, beside the published version or to any path."""

from pathlib import Path

import msgspec
import structlog

from sighten_warehouse.durable import write_durably
from sighten_warehouse.locks import one_writer
from sighten_warehouse.report.dataset import Dataset, freshness, known_dataset, make_dataset
from sighten_warehouse.report.environments import published_environments
from sighten_warehouse.report.rendering import render
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


def write_report(settings: Settings) -> Path:
    """Write `report.json` and `report.html` beside the newest version, each replaced by one rename.

    The page shows every published environment of this home, this one first.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: the version was published by incompatible code.
        OSError: a file cannot be written.
    """
    with one_writer(settings.layout, "report"):
        dataset = read_dataset(settings)
        write_durably(settings.layout.report_data, msgspec.json.encode(dataset))
        write_durably(settings.layout.report_file, _render(settings, dataset))
    log.info("report_written", version=dataset["freshness"]["version"], pii=settings.pii)
    return settings.layout.report_file


def write_report_to(path: Path, settings: Settings) -> None:
    """Write the report as one HTML file to that path.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: as above.
        OSError: a file cannot be written.
    """
    write_durably(path, _render(settings, read_dataset(settings)))


def read_dataset(settings: Settings) -> Dataset:
    """The report's data on the newest version: from `report.json` if it fits, else newly made.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: as above.
    """
    with ReportSource(settings.layout.warehouse_file, pii=settings.pii) as source:
        version = freshness(source)["version"]
        known = known_dataset(settings.layout.report_data, version=version, pii=settings.pii)
        return known or make_dataset(source, environment=settings.env, pii=settings.pii)


def _render(settings: Settings, dataset: Dataset) -> bytes:
    others = [read_dataset(other) for other in published_environments(settings) if other.env != settings.env]
    return render([dataset, *others], shown=settings.env, live=False)

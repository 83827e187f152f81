"""Writing the report beside the version it is about, as one file that can be sent to somebody."""

from pathlib import Path

import msgspec
import structlog

from sighten_warehouse.durable import write_durably
from sighten_warehouse.report.dataset import Dataset, freshness, known_dataset, make_dataset
from sighten_warehouse.report.environments import published_environments
from sighten_warehouse.report.rendering import render
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


def write_report(settings: Settings) -> Path:
    """Write `report.json` and `report.html` beside the newest version, each swapped in by one rename.

    The file shows every environment of this home that has a version, this one first.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: the version was published by code that this report does not fit.
        OSError: the disk refused.
    """
    dataset = read_dataset(settings)
    write_durably(settings.layout.report_data, msgspec.json.encode(dataset))
    write_durably(settings.layout.report_file, _render(settings, dataset))
    log.info("report_written", version=dataset["freshness"]["version"], pii=settings.pii)
    return settings.layout.report_file


def write_report_to(path: Path, settings: Settings) -> None:
    """Write the report as one HTML file wherever it is wanted.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: as above.
        OSError: the disk refused.
    """
    write_durably(path, _render(settings, read_dataset(settings)))


def read_dataset(settings: Settings) -> Dataset:
    """What the report shows of the newest version: as it was written down, or made now.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: as above.
    """
    with ReportSource(settings.layout.warehouse_file, pii=settings.pii) as source:
        version = freshness(source)["version"]
        known = known_dataset(settings.layout.report_data, version=version, pii=settings.pii)
        return known or make_dataset(source, environment=settings.env, pii=settings.pii)


def _render(settings: Settings, dataset: Dataset) -> bytes:
    others = [read_dataset(one) for one in published_environments(settings) if one.env != settings.env]
    return render([dataset, *others], shown=settings.env, live=False)

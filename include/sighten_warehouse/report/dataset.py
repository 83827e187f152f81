"""The page's data on one environment, as compact columns that the browser filters and sums."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.report.timelines import found_milestones, timelines

FORMAT = 2  # increase it when the page needs other data
ROWS = ("definitions", "organizations", "quarantine", "drift", "checks")
COLUMNS = ("cohorts", "reworks", "tasks", "pending", "deliveries", "days", "quarantine_days")
KEPT_TIMELINES = 400

Dataset = dict[str, Any]


def make_dataset(source: ReportSource, *, environment: str, pii: str, keep: int = KEPT_TIMELINES) -> Dataset:
    """The page's data on a version, with the timelines of at most `keep` milestones."""
    kept = source.table("kept", max_rows=keep).column("milestone_id").to_pylist()
    return {
        "format": FORMAT,
        "environment": environment,
        "pii": pii,
        "freshness": freshness(source),
        **{name: source.table(name).to_pylist() for name in ROWS},
        **{name: as_columns(source.table(name)) for name in COLUMNS},
        "found": found_milestones(source, kept),
        "timelines": timelines(source, kept),
    }


def freshness(source: ReportSource) -> dict[str, Any]:
    """Name, time of publishing and size of the version."""
    (row,) = source.table("freshness").to_pylist()
    return dict(row)


def known_dataset(path: Path, *, version: str, pii: str) -> Dataset | None:
    """The dataset in that file if it fits the version and `pii`; else None."""
    try:
        dataset: Dataset = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None  # it is made again
    fits = (dataset.get("format"), dataset.get("pii")) == (FORMAT, pii)
    return dataset if fits and dataset["freshness"]["version"] == version else None


def as_columns(table: pa.Table) -> dict[str, Any]:
    """A table by columns; text columns are dictionary-encoded, with their values in `<column>_names`."""
    columns: dict[str, Any] = {"rows": table.num_rows}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            encoded = column.dictionary_encode()
            columns[name] = encoded.indices.to_pylist()
            columns[f"{name}_names"] = encoded.dictionary.to_pylist()
        else:
            columns[name] = column.to_pylist()
    return columns

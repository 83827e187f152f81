"""What the page shows of one environment: compact columns that a browser filters and adds up."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.report.timelines import found_milestones, timelines

FORMAT = 1  # counts up when the page and the data change together
ROWS = ("definitions", "organizations", "quarantine", "drift", "checks")
COLUMNS = ("cohorts", "reworks", "tasks", "pending", "deliveries", "days", "quarantine_days")
KEPT_TIMELINES = 400

Dataset = dict[str, Any]


def make_dataset(source: ReportSource, *, environment: str, pii: str, keep: int = KEPT_TIMELINES) -> Dataset:
    """Everything that the page shows of a version, with the timelines of so many milestones at most."""
    kept = source.table("kept", most=keep).column("milestone_id").to_pylist()
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
    """What the version is called, when it was published, and how much it holds."""
    (row,) = source.table("freshness").to_pylist()
    return dict(row)


def known_dataset(path: Path, *, version: str, pii: str) -> Dataset | None:
    """What was written there, if it is of that version and shows of people what it shall; else None."""
    try:
        dataset: Dataset = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None  # it can be made again
    fits = (dataset.get("format"), dataset.get("pii")) == (FORMAT, pii)
    return dataset if fits and dataset["freshness"]["version"] == version else None


def as_columns(table: pa.Table) -> dict[str, Any]:
    """A table by its columns; one of texts becomes numbers and the `names` that they stand for."""
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

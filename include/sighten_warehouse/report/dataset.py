"""What the page shows of one environment: compact columns that a browser filters and adds up."""

from typing import Any

import pyarrow as pa

from sighten_warehouse.report.source import Source
from sighten_warehouse.report.timelines import found_milestones, timelines

FORMAT = 1  # counts up when the page and the data change together
ROWS = ("definitions", "organizations", "quarantine", "drift", "checks")
COLUMNS = ("cohorts", "reworks", "tasks", "pending", "deliveries", "days", "quarantine_days")
KEPT_TIMELINES = 150

Dataset = dict[str, Any]


def make_dataset(source: Source, *, environment: str, pii: str) -> Dataset:
    """Everything that the page shows of a version, with as many timelines as a file keeps."""
    (freshness,) = source.table("freshness").to_pylist()
    kept = source.table("kept", most=KEPT_TIMELINES).column("milestone_id").to_pylist()
    return {
        "format": FORMAT,
        "environment": environment,
        "pii": pii,
        "freshness": freshness,
        **{name: source.table(name).to_pylist() for name in ROWS},
        **{name: as_columns(source.table(name)) for name in COLUMNS},
        "found": found_milestones(source, kept),
        "timelines": timelines(source, kept),
    }


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

"""The published Parquet: one folder per table, with types that Spark, Trino and pandas read."""

import pandas as pd
import pyarrow.parquet as pq
import pytest

from sighten_warehouse.models import Model, models
from support.warehouses import Warehouse

PARQUET_TYPES = {
    "text": ("BYTE_ARRAY", "String"),
    "json": ("BYTE_ARRAY", "String"),
    "integer": ("INT64", "Int(bitWidth=64, isSigned=true)"),
    "number": ("DOUBLE", "None"),
    "boolean": ("BOOLEAN", "None"),
    "timestamp": ("INT64", "Timestamp(isAdjustedToUTC=false, timeUnit=microseconds"),
    "date": ("INT32", "Date"),
}
EXPORTED = [model for model in models().values() if model.schema in ("main", "marts")]


@pytest.mark.parametrize("model", EXPORTED, ids=[model.full_name for model in EXPORTED])
def test_a_table_is_one_file_of_plain_types(simulated: Warehouse, model: Model) -> None:
    name, columns = model.name, model.columns
    folder = simulated.settings.layout.parquet / name

    schema = pq.ParquetFile(folder / f"{name}.parquet").schema
    found = {schema.column(place).name: schema.column(place) for place in range(len(schema))}

    assert [f"{name}.parquet"] == [path.name for path in folder.iterdir()]
    for column in columns:
        physical, logical = PARQUET_TYPES[column.type]
        written = found[column.name]
        assert (column.name, physical) == (column.name, written.physical_type)
        assert str(written.logical_type).startswith(logical), (column.name, str(written.logical_type))


def test_pandas_reads_the_same_values(simulated: Warehouse) -> None:
    frame = pd.read_parquet(simulated.settings.layout.parquet / "approval_cycles")

    assert simulated.value("select sum(cycle_seconds) from marts.approval_cycles") == pytest.approx(
        frame["cycle_seconds"].sum()
    )
    assert simulated.value("select count(*) from marts.approval_cycles where is_open") == frame["is_open"].sum()

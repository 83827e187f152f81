"""The published Parquet: one folder per table, exported on its own cadence, with types that others read."""

import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.models import Model, models
from sighten_warehouse.publish.parquet import export_parquet, export_parquet_if_due, read_export
from sighten_warehouse.publish.versions import versions
from support.factories import SAMPLE_BYTES, a_milestone
from support.scripted_api import FakeClock
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

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


@pytest.fixture(scope="module")
def exported(simulated: Warehouse) -> Warehouse:
    export_parquet(simulated.settings)
    return simulated


def inodes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in folder.rglob("*.parquet")}


@pytest.mark.parametrize("model", EXPORTED, ids=[model.full_name for model in EXPORTED])
def test_a_table_has_files_of_plain_types(exported: Warehouse, model: Model) -> None:
    folder = exported.settings.layout.parquet / model.name

    for path in folder.iterdir():
        schema = pq.ParquetFile(path).schema
        found = {schema.column(place).name: schema.column(place) for place in range(len(schema))}
        assert [column.name for column in model.columns] == list(found)
        for column in model.columns:
            physical, logical = PARQUET_TYPES[column.type]
            written = found[column.name]
            assert (column.name, physical) == (column.name, written.physical_type)
            assert str(written.logical_type).startswith(logical), (column.name, str(written.logical_type))


def test_pandas_reads_the_same_values(exported: Warehouse) -> None:
    frame = pd.read_parquet(exported.settings.layout.parquet / "approval_cycles")

    assert exported.value("select sum(cycle_seconds) from marts.approval_cycles") == pytest.approx(
        frame["cycle_seconds"].sum()
    )
    assert exported.value("select count(*) from marts.approval_cycles where is_open") == frame["is_open"].sum()


def test_every_table_is_exported_with_its_rows_and_the_manifest_names_the_version(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES, a_milestone())
    export_parquet(warehouse.settings)
    parquet = warehouse.settings.layout.parquet

    assert 2 == len(pd.read_parquet(parquet / "milestones"))
    assert 3 + 1 == sum(pq.read_metadata(path).num_rows for path in (parquet / "sub_tasks").glob("*.parquet"))
    tables = {path.name for path in parquet.iterdir() if path.is_dir()}
    assert {model.name for model in models().values() if model.schema in ("main", "marts")} == tables
    manifest = json.loads((parquet / "_version.json").read_bytes())
    assert versions(warehouse.settings.layout)[-1].version == manifest["version"]
    assert 2 == sum(rows for rows, _ in manifest["tables"]["milestones"].values())


def test_rows_are_parted_by_month_and_parts_without_a_change_stay_the_same_files(warehouse: Warehouse) -> None:
    parquet = warehouse.settings.layout.parquet
    warehouse.take_in(a_milestone("old"))
    warehouse.clock += timedelta(days=40)
    warehouse.deliver(a_milestone("new"))
    export_parquet(warehouse.settings)
    before, folder_before = inodes(parquet), parquet.resolve()
    warehouse.deliver(a_milestone("newer"))

    export_parquet(warehouse.settings)

    after = inodes(parquet)
    assert {"milestones/2026-11.parquet", "milestones/2026-12.parquet"} <= after.keys()
    assert before["milestones/2026-11.parquet"] == after["milestones/2026-11.parquet"]
    assert before["milestones/2026-12.parquet"] != after["milestones/2026-12.parquet"]
    assert 3 == len(pd.read_parquet(parquet / "milestones"))
    assert 2 == len(pd.read_parquet(folder_before / "milestones"))  # whoever listed the last export reads on


def test_only_two_exports_are_kept(warehouse: Warehouse) -> None:
    for key in "abc":
        warehouse.deliver(a_milestone(key))
        export_parquet(warehouse.settings)
    export_parquet(warehouse.settings)  # the same version again

    assert 2 == len(list(warehouse.settings.layout.versions.glob("*.parquet")))
    assert 3 == len(pd.read_parquet(warehouse.settings.layout.parquet / "milestones"))


def test_an_export_is_due_when_the_last_one_is_old_and_the_version_is_new(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("a"))
    clock = FakeClock(warehouse.clock)
    first = export_parquet_if_due(warehouse.settings, clock=clock)
    clock.sleep(3 * 3600)
    same_version = export_parquet_if_due(warehouse.settings, clock=clock)
    export_parquet(warehouse.settings, clock=clock)
    warehouse.deliver(a_milestone("b"))
    clock.sleep(3599)
    too_early = export_parquet_if_due(warehouse.settings, clock=clock)
    clock.sleep(2)
    due = export_parquet_if_due(warehouse.settings, clock=clock)

    assert (None, None) == (same_version, too_early)
    assert first is not None
    assert versions(warehouse.settings.layout)[-1].version == due == read_export(warehouse.settings.layout)["version"]


def test_a_damaged_manifest_and_a_missing_file_are_made_anew(warehouse: Warehouse) -> None:
    parquet = warehouse.settings.layout.parquet
    warehouse.deliver(a_milestone("a"))
    export_parquet(warehouse.settings)
    (parquet / "milestones" / "2026-11.parquet").unlink()
    export_parquet(warehouse.settings)
    without_file = len(pd.read_parquet(parquet / "milestones"))
    (parquet / "_version.json").write_text("no json")

    export_parquet(warehouse.settings)

    assert 1 == without_file == len(pd.read_parquet(parquet / "milestones"))
    assert read_export(warehouse.settings.layout)["version"]


def test_the_command_exports_what_is_due_and_with_the_option_at_once(warehouse: Warehouse) -> None:
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    parquet = str(warehouse.settings.layout.parquet)
    warehouse.take_in(SAMPLE_BYTES)

    printed = [
        CliRunner().invoke(commands, ["publish", *options], env=env).stdout for options in ([], [], ["--parquet"])
    ]

    assert [True, False, True] == [parquet in text for text in printed]

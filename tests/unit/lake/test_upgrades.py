"""Formats: homes of every release are read and migrated, and what newer code wrote is refused in words."""

import json
import re
import tarfile
from pathlib import Path

import pytest

from sighten_warehouse.errors import FormatError, WarehouseError
from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.lake.folder import decide_swap, ensure_lake, resolve_lake
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.format import FILE_NAME, FORMATS, Format
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from support.repository import text
from support.warehouses import Warehouse

HOMES = Path(__file__).parents[2] / "corpus" / "homes"
RELEASES = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text("CHANGELOG.md"), re.MULTILINE)


def unpacked(release: str, folder: Path) -> Warehouse:
    with tarfile.open(HOMES / f"{release}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    return Warehouse(folder / "home")


def claim(folder: Path, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_text(json.dumps({"format": number, "written_by": "9.0.0"}))


@pytest.mark.parametrize("release", RELEASES)
def test_a_home_of_each_release_is_read_loaded_published_compacted_and_rebuilt(release: str, tmp_path: Path) -> None:
    warehouse = unpacked(release, tmp_path)
    layout = warehouse.settings.layout

    before = read_status(warehouse.settings, deep=True)
    assert (True, 5, 1, {}) == (before.balanced, before.landed, before.pending, before.damaged_history)
    assert not (layout.lake / FILE_NAME).exists()

    assert 1 == warehouse.load().landed
    compact(layout)
    warehouse.publish()
    assert FORMATS["lake"] == json.loads((layout.lake / FILE_NAME).read_text())["format"]
    assert ["APPROVED", "APPROVED", "SUBMITTED"] == warehouse.column("select status from milestones order by all")
    assert 1 == warehouse.value("select count(*) from ops.quarantine")
    batches, versions = (
        warehouse.column(f"select {one}") for one in ("batch_id from ops.batches", "version from ops.versions")
    )
    warehouse.close()

    rebuild(warehouse.settings)

    status = read_status(warehouse.settings, deep=True)
    assert (True, 5, 0, 0, {}) == (
        status.balanced,
        status.landed,
        status.pending,
        status.outdated,
        status.damaged_history,
    )
    assert sorted(batches) == sorted(warehouse.column("select batch_id from ops.batches"))
    assert set(versions) < set(warehouse.column("select version from ops.versions"))
    assert ["APPROVED", "APPROVED", "SUBMITTED"] == warehouse.column("select status from milestones order by all")


def test_a_new_home_says_its_formats(warehouse: Warehouse) -> None:
    warehouse.take_in({"stage_id": 1})
    layout = warehouse.settings.layout

    for folder in (layout.landing, layout.lake):
        assert {"format", "written_by"} == json.loads((folder / FILE_NAME).read_text()).keys()
    compact(layout)
    assert (layout.lake / FILE_NAME).exists()


@pytest.mark.parametrize("part", ["landing", "lake"])
def test_a_newer_format_is_refused_in_words(part: str, warehouse: Warehouse) -> None:
    warehouse.take_in({"stage_id": 1})
    layout = warehouse.settings.layout
    claim(getattr(layout, part), 7)

    for step in (warehouse.load, warehouse.publish, lambda: compact(layout), lambda: read_status(warehouse.settings)):
        with pytest.raises(FormatError) as refused:
            step()
        message = str(refused.value)
        assert f"{part}/{FILE_NAME}: {part} of format 7, written by sighten-warehouse 9.0.0" in message
        assert f"expected format {FORMATS[part]} or older" in message
        assert "Install a sighten-warehouse of at least that version" in message


def test_a_newer_lake_is_not_swapped_in(warehouse: Warehouse) -> None:
    warehouse.take_in({"stage_id": 1})
    layout = warehouse.settings.layout
    before = layout.lake.resolve()
    claim(layout.root / "lake.20261129T000000.000000Z.tmp", 7)
    decide_swap(layout, "lake.20261129T000000.000000Z")

    with pytest.raises(FormatError):
        resolve_lake(layout)

    assert before == layout.lake.resolve()
    assert (layout.root / "lake.20261129T000000.000000Z.tmp").is_dir()


def test_a_number_that_cannot_be_read_is_refused_with_an_example(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    ensure_lake(layout)
    (layout.landing).mkdir()
    (layout.landing / FILE_NAME).write_text('{"format": "one"}')

    with pytest.raises(WarehouseError, match=r'expected the format of this landing, such as \{"format":1'):
        landing_files(layout.landing)


def test_an_older_number_is_raised_by_the_next_writer(warehouse: Warehouse) -> None:
    warehouse.take_in({"stage_id": 1})
    layout = warehouse.settings.layout
    claim(layout.lake, 0)

    ensure_lake(layout)

    assert Format(FORMATS["lake"], "0.1.0").format == json.loads((layout.lake / FILE_NAME).read_text())["format"]

"""A publish that is killed, again and again, leaves no more than once, and nothing after the next one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from sighten_warehouse.durable import DISK, Change
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.parquet import export_parquet, read_export
from sighten_warehouse.publish.versions import versions
from support.factories import a_milestone
from support.killing import PUBLISH, exit_code_of_killed, exit_code_of_killed_at
from support.warehouses import Warehouse

POINTS = [("rename", "published/warehouse.duckdb")]
MORE_POINTS = [("rename", "empty-"), ("rename", ".json"), ("rename", "cache.json")]


def leftovers(layout: Layout) -> Iterator[str]:
    """What is neither a version, nor its manifest, nor the cache: hidden files and folders, and spilled rows."""
    for folder in (layout.published, layout.versions, layout.work):
        yield from (str(path.relative_to(layout.root)) for path in folder.glob(".*"))
    yield from (str(path.relative_to(layout.root)) for path in layout.work.glob("spilled/*"))


@pytest.mark.parametrize(
    ("operation", "place"), [*POINTS, *(pytest.param(*point, marks=pytest.mark.deep) for point in MORE_POINTS)]
)
def test_a_publish_that_is_killed_again_and_again_leaves_no_more_than_one_kill(
    warehouse: Warehouse, operation: str, place: str
) -> None:
    layout, left, files = warehouse.settings.layout, [], []
    warehouse.take_in(a_milestone("one"))
    if place == "empty-":
        shutil.rmtree(layout.work)

    for _ in range(2):
        assert 9 == exit_code_of_killed_at(warehouse.settings, PUBLISH, operation, place, "before")
        left.append(len(list(leftovers(layout))))
        files.append(len(list(layout.versions.glob("*.duckdb"))))
    warehouse.publish()

    assert 1 <= left[0]
    assert left[:1] * 2 == left
    assert max(files) <= warehouse.settings.kept_versions + 1
    assert [] == list(leftovers(layout))
    assert {f"{version.version}.duckdb" for version in versions(layout)} >= {
        path.name for path in layout.versions.glob("*.duckdb")
    }


def test_rows_that_a_killed_publish_spilled_are_removed(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    spilled = layout.work / "spilled" / "duckdb_temp_storage_DEFAULT-7.tmp"
    spilled.parent.mkdir(parents=True)
    spilled.write_bytes(bytes(4096))

    warehouse.deliver(a_milestone("one"))

    assert not spilled.exists()


def test_an_older_version_goes_before_the_next_one_is_made(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("one"))
    warehouse.deliver(a_milestone("two"))
    layout, fewer = warehouse.settings.layout, structs.replace(warehouse.settings, kept_versions=1)
    newest = versions(layout)[-1].version
    warehouse.take_in(a_milestone("three"))

    assert 9 == exit_code_of_killed(fewer, PUBLISH, "publish.step", "update_warehouse", "before")

    assert [f"{newest}.duckdb"] == [path.name for path in layout.versions.glob("*.duckdb")]


def test_a_publish_that_ends_while_an_export_runs_leaves_its_files(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = DISK.change
    warehouse.deliver(a_milestone("one"))
    exported: list[Path] = []

    def publish_after_the_first_file(operation: str, path: Path, do: Change) -> None:
        change(operation, path, do)
        if operation == "fsync" and path.suffix == ".parquet" and not exported:
            exported.append(path)
            warehouse.deliver(a_milestone("two"))

    monkeypatch.setattr(DISK, "change", publish_after_the_first_file)

    export_parquet(warehouse.settings)

    folder = warehouse.settings.layout.parquet
    tables = read_export(warehouse.settings.layout)["tables"]
    assert exported
    assert [] == [part for table, parts in tables.items() for part in parts if not (folder / table / part).exists()]


def test_an_export_that_was_killed_leaves_nothing_after_the_next_one(warehouse: Warehouse) -> None:
    export = "from sighten_warehouse.publish.parquet import export_parquet; export_parquet(settings)"
    layout = warehouse.settings.layout
    warehouse.deliver(a_milestone("one"))
    assert 9 == exit_code_of_killed(warehouse.settings, export, "publish.parquet", "_swap_in", "before")
    warehouse.deliver(a_milestone("two"))
    left = len(list(leftovers(layout)))

    export_parquet(warehouse.settings)

    assert (1, []) == (left, list(leftovers(layout)))

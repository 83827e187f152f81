"""Publishing: complete versions, swapped in by one rename while readers are active."""

import errno
import hashlib
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import duckdb
import pytest
from msgspec import structs

from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ModelError, SettingError
from sighten_warehouse.models import NOT_PUBLISHED, built_models, loaded_models, models, published_digest
from sighten_warehouse.publish import is_current, publish
from sighten_warehouse.publish.versions import versions, write_version
from sighten_warehouse.report.writing import read_dataset
from support.factories import SAMPLE_BYTES, a_milestone, a_task
from support.older_history import write_as_older_code
from support.scripted_api import FakeClock
from support.warehouses import Warehouse

WRITE_AND_CRASH = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table scratch as select 1")
os._exit(0)
"""


def forget_models() -> None:
    for function in (models, loaded_models, built_models, published_digest):
        function.cache_clear()


def test_every_table_exists_and_is_described_from_the_first_publish_on(warehouse: Warehouse) -> None:
    warehouse.publish()

    described = set(warehouse.rows("select schema_name, table_name from duckdb_tables() where comment is not null"))
    described |= set(
        warehouse.rows("select schema_name, view_name from duckdb_views() where comment is not null and not internal")
    )
    bare = warehouse.rows("select table_name, column_name from duckdb_columns() where comment is null and not internal")

    published = {(schema, name) for schema, name in described if schema != "masked"}
    assert {(model.schema, model.name) for model in models().values() if model.schema not in NOT_PUBLISHED} == published
    assert {("masked", "comments"), ("masked", "reviews"), ("masked", "drift")} <= described
    assert [] == bare
    assert 0 == warehouse.value("select count(*) from milestones")


def test_a_reader_keeps_its_version_while_a_new_one_is_published(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("one"))
    with duckdb.connect(str(warehouse.settings.layout.warehouse_file), read_only=True) as reader:
        warehouse.deliver(a_milestone("two"))

        held = reader.execute(
            "select (select count(*) from milestones), (select count(*) from history.tasks)"
        ).fetchall()

    assert [(1, 1)] == held
    assert 2 == warehouse.value("select count(*) from milestones")


def test_the_rows_of_a_milestone_are_together_so_that_an_update_reads_few_of_others(warehouse: Warehouse) -> None:
    for turn in range(2):
        for name in "abcd":
            warehouse.take_in(a_milestone(name, at=f"2025-03-0{turn + 1}T12:00:00Z", tasks=[a_task(f"{name}{turn}")]))
    warehouse.publish()

    with duckdb.connect(str(warehouse.settings.layout.warehouse_file), read_only=True) as reader:
        for table in ("history.milestone_intervals", "history.task_intervals", "main.milestones", "ops.changes"):
            found = [milestone for (milestone,) in reader.execute(f"select milestone_id from {table}").fetchall()]
            assert (len({*found}), found) == (4, sorted(found)), table


def test_readers_see_only_complete_versions_while_others_are_published(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("0"))
    finished = Event()

    def read() -> list[tuple[int, ...]]:
        seen = []
        while not finished.wait(0.005):  # leave time for publishing
            seen += warehouse.rows("select (select count(*) from milestones), (select count(*) from tasks)")
        return seen

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        try:
            for number in range(1, 4):
                warehouse.deliver(a_milestone(str(number)))
        finally:
            finished.set()
        seen = reading.result()

    assert seen
    assert all(milestones == tasks for milestones, tasks in seen)
    assert seen == sorted(seen)


def test_writes_to_the_published_file_are_not_carried_into_the_next_version(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("one"))
    path = warehouse.settings.layout.warehouse_file
    subprocess.run([sys.executable, "-c", WRITE_AND_CRASH, str(path)], check=True)
    left_behind = path.with_name("warehouse.duckdb.wal").exists()

    warehouse.deliver(a_milestone("two"))

    assert left_behind
    assert 2 == warehouse.value("select count(*) from milestones")
    assert [] == warehouse.rows("select * from duckdb_tables() where table_name = 'scratch'")


def test_a_model_whose_columns_differ_from_its_description_leaves_the_previous_version(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse.deliver(a_milestone("one"))
    before = warehouse.settings.layout.warehouse_file.read_bytes()
    folder = shutil.copytree(Path("sql"), tmp_path / "sql")
    model = folder / "marts" / "resigns.sql"
    model.write_text(model.read_text().replace("milestones.site_id as site_id,", ""))
    monkeypatch.setattr("sighten_warehouse.models.sql_folder", lambda: folder)
    forget_models()

    try:
        with pytest.raises(ModelError, match=r"marts\.resigns"):
            warehouse.publish()
    finally:
        monkeypatch.undo()
        forget_models()

    assert before == warehouse.settings.layout.warehouse_file.read_bytes()
    assert 1 == len(versions(warehouse.settings.layout))
    assert [] == list(warehouse.settings.layout.versions.glob(".*"))


def test_the_empty_file_is_kept_for_the_next_publish_and_built_again_when_damaged(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("one"))
    [kept] = warehouse.settings.layout.work.glob("empty-*")
    built = kept.stat().st_mtime_ns

    warehouse.publish(full=True)
    reused = kept.stat().st_mtime_ns
    kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    warehouse.publish(full=True)

    assert built == reused
    assert 1 == warehouse.value("select count(*) from milestones")
    [rebuilt] = warehouse.settings.layout.work.glob("empty-*")
    assert hashlib.sha256(rebuilt.read_bytes()).hexdigest()[:16] == rebuilt.stem.rpartition("-")[2]


def test_only_the_files_of_the_last_versions_are_kept_and_all_versions_are_listed(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    warehouse.settings = structs.replace(warehouse.settings, kept_versions=3)
    first = warehouse.publish()
    for year in range(2020, 2025):  # as if it had been published in each of those years too
        older = replace(first, version=f"{year}0101T000000.000000Z")
        write_version(layout, older)
        shutil.copyfile(layout.versions / f"{first.version}.duckdb", layout.versions / f"{older.version}.duckdb")

    last = warehouse.publish()

    kept = [path.stem for path in sorted(layout.versions.glob("*.duckdb"))]
    assert ["20240101T000000.000000Z", first.version, last.version] == kept
    assert 7 == warehouse.value("select count(*) from ops.versions")


def test_a_version_published_after_the_clock_was_set_back_is_the_newest_and_is_kept(warehouse: Warehouse) -> None:
    layout, noon = warehouse.settings.layout, datetime(2026, 11, 23, 12, tzinfo=UTC)
    ahead = publish(warehouse.settings, clock=FakeClock(noon + timedelta(days=9)))

    set_back = publish(warehouse.settings, clock=FakeClock(noon))

    assert ahead.version < set_back.version == versions(layout)[-1].version
    assert noon == datetime.fromisoformat(set_back.published_at)
    kept = [path.stem for path in sorted(layout.versions.glob("*.duckdb"))]
    assert [ahead.version, set_back.version] == kept
    assert set_back.version == read_dataset(warehouse.settings)["freshness"]["version"]


def test_a_version_is_current_until_a_delivery_is_loaded(warehouse: Warehouse) -> None:
    before = is_current(warehouse.settings)
    warehouse.publish()
    published = is_current(warehouse.settings)
    warehouse.land(SAMPLE_BYTES)
    landed = is_current(warehouse.settings)
    warehouse.load()

    assert (False, True, True, False) == (before, published, landed, is_current(warehouse.settings))


def test_latency_ends_when_readers_can_open_the_version(warehouse: Warehouse) -> None:
    class SlowClock(Clock):
        """A minute passes between two looks at it."""

        minutes = 0

        def now(self) -> datetime:
            self.minutes += 1
            return datetime(2030, 1, 1, 12, self.minutes, tzinfo=UTC)

    warehouse.take_in(SAMPLE_BYTES)
    publish(warehouse.settings, clock=SlowClock())
    then = warehouse.rows("select published_at from ops.latency")
    warehouse.deliver(a_milestone())

    rows = warehouse.rows("select published_at from ops.latency order by landed_at")
    minutes = "select date_diff('minute', started_at, published_at) from ops.versions order by version"

    assert [(None,)] == then
    assert [datetime(2030, 1, 1, 12, 2), None] == [time for (time,) in rows]
    assert [1, None] == warehouse.column(minutes)
    assert [1, 1] == warehouse.column("select new_batches from ops.versions order by version")


def test_the_preview_link_needs_the_address_of_sighten(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    without = warehouse.value("select preview_url from documents")
    warehouse.settings = structs.replace(warehouse.settings, api_url="https://sighten.example")

    warehouse.publish()

    assert without is None
    expected = "https://sighten.example/api/v1/document/189bd7c0-2e6f-45cb-a00e-33ca4fe297d2/preview"
    assert expected == warehouse.value("select preview_url from documents")


def test_a_milestone_without_names_and_comments_is_published(warehouse: Warehouse) -> None:
    nameless = a_milestone("one", status="APPROVED", tasks=[a_task("a") | {"name": None}, a_task("b") | {"name": None}])

    warehouse.deliver(nameless | {"milestone_definition": None})

    assert (None, "status") == warehouse.row("select comment_id, source from marts.milestone_events")
    assert [(None, None, 2)] == warehouse.rows(
        "select milestone_definition_id, name, tasks from marts.task_bottlenecks"
    )


def test_history_that_lacks_a_newer_column_is_published(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch] = warehouse.load().batches
    for table, column in (("deliveries", "copy_of_landing_id"), ("tasks", "task_definition_id")):
        write_as_older_code(warehouse, batch, table, lambda rows, column=column: rows.drop_columns([column]))

    warehouse.publish()

    assert [(None,), (None,)] == warehouse.rows("select task_definition_id from history.tasks")
    assert [("applied",)] == warehouse.rows("select outcome from ops.deliveries")


def test_the_published_file_is_the_newest_kept_version_itself(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    layout = warehouse.settings.layout

    assert max(layout.versions.glob("*.duckdb")).samefile(layout.warehouse_file)


def test_it_is_a_copy_where_there_are_no_hard_links(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "no hard links", str(path), None, str(target))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    warehouse.deliver(SAMPLE_BYTES)
    layout = warehouse.settings.layout
    kept = max(layout.versions.glob("*.duckdb"))

    assert not kept.samefile(layout.warehouse_file)
    assert kept.read_bytes() == layout.warehouse_file.read_bytes()
    assert 0o440 == stat.S_IMODE(layout.warehouse_file.stat().st_mode)


@pytest.mark.parametrize("full", [False, True], ids=["update", "full"])
def test_too_little_memory_names_the_setting_and_the_version_stays(warehouse: Warehouse, *, full: bool) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    before = warehouse.settings.layout.warehouse_file.read_bytes()
    warehouse.take_in(a_milestone())
    warehouse.settings = structs.replace(warehouse.settings, publish_memory="1MB")

    with pytest.raises(SettingError, match="SIGHTEN_PUBLISH_MEMORY: 1MB is too little"):
        warehouse.publish(full=full)

    assert before == warehouse.settings.layout.warehouse_file.read_bytes()


def test_only_a_home_that_is_not_small_is_compressed(simulated: Warehouse, warehouse: Warehouse) -> None:
    warehouse.deliver(*(a_milestone(str(number)) for number in range(200)))
    compressions = "select distinct compression from pragma_storage_info('history.milestone_intervals')"

    small, larger = set(warehouse.column(compressions)), set(simulated.column(compressions))

    assert small <= {"Uncompressed", "Constant", "Empty Validity"}
    assert {"DICT_FSST", "FSST", "Dictionary", "ZSTD"} & larger

"""Batches: nothing is loaded twice, nothing counts before its commit, nothing is left behind."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.load.result import LoadResult
from sighten_warehouse.load.step import commit, divide, flatten, pending, plan
from sighten_warehouse.ops.quarantine import quarantined
from sighten_warehouse.ops.status import read_status
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse


def history_rows(warehouse: Warehouse) -> int:
    return sum(pq.read_metadata(path).num_rows for path in warehouse.settings.layout.lake.glob("*/*.parquet"))


def test_loading_again_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES, b"no json", {"stage_id": 1})
    first = warehouse.load()
    before = sorted(warehouse.settings.layout.lake.rglob("*"))

    second = warehouse.load()

    assert (3, 1, 1, 1) == (first.landed, first.loaded, first.ignored, first.quarantined)
    assert LoadResult() == second
    assert before == sorted(warehouse.settings.layout.lake.rglob("*"))


def test_loading_without_landing_files_does_nothing(warehouse: Warehouse) -> None:
    assert LoadResult() == warehouse.load()


def test_a_batch_that_was_flattened_but_not_committed_does_not_count(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)
    flatten(warehouse.settings, batch_id)
    warehouse.publish()
    uncommitted = warehouse.value("select count(*) from milestones")

    commit(warehouse.settings, [batch_id])
    warehouse.publish()

    assert 0 == uncommitted
    assert 1 == warehouse.value("select count(*) from milestones")


def test_flattening_again_after_a_crash_writes_the_same_files(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES, a_milestone())
    [batch_id] = plan(warehouse.settings)
    flatten(warehouse.settings, batch_id)
    rows = history_rows(warehouse)

    [again] = plan(warehouse.settings)
    flatten(warehouse.settings, again)
    commit(warehouse.settings, [again])

    assert batch_id == again
    assert rows == history_rows(warehouse)


def test_committing_again_changes_nothing(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)
    flatten(warehouse.settings, batch_id)
    commit(warehouse.settings, [batch_id])

    assert LoadResult() == commit(warehouse.settings, [batch_id])
    assert 1 == len(commits(warehouse.settings.layout))


def test_flattening_a_committed_batch_again_returns_its_outcomes(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)
    first = flatten(warehouse.settings, batch_id)
    commit(warehouse.settings, [batch_id])

    assert first == flatten(warehouse.settings, batch_id)


def test_a_batch_with_a_file_of_another_commit_is_refused_and_its_other_files_stay_pending(
    warehouse: Warehouse,
) -> None:
    warehouse.land(SAMPLE_BYTES)
    [first] = plan(warehouse.settings)
    warehouse.land(a_milestone())
    [second] = plan(warehouse.settings)
    flatten(warehouse.settings, first)
    flatten(warehouse.settings, second)
    commit(warehouse.settings, [first])

    result = commit(warehouse.settings, [second])

    assert (second,) == result.refused
    assert 1 == len(pending(warehouse.settings))
    assert 1 == warehouse.load().landed
    warehouse.publish()
    assert 2 == warehouse.value("select count(*) from ops.deliveries")


def test_a_batch_that_was_not_flattened_is_refused(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)

    assert (batch_id,) == commit(warehouse.settings, [batch_id]).refused
    assert 1 == len(pending(warehouse.settings))


def test_a_refused_commit_is_refused_again_and_loses_nothing(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)
    commit(warehouse.settings, [batch_id])

    again = commit(warehouse.settings, [batch_id])

    assert LoadResult(refused=(batch_id,)) == again
    assert 1 == len(pending(warehouse.settings))


def test_flattening_an_unplanned_batch_is_an_error_that_names_it(warehouse: Warehouse) -> None:
    with pytest.raises(LakeError, match="nobody-planned-me"):
        flatten(warehouse.settings, "nobody-planned-me")


def test_two_commits_of_one_landing_file_are_an_error_that_names_them(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = warehouse.load().batches
    layout = warehouse.settings.layout
    forged = json.loads((layout.commits / f"{batch_id}.json").read_text()) | {"batch_id": "forged"}
    (layout.commits / "forged.json").write_text(json.dumps(forged))

    with pytest.raises(LakeError, match=rf"{batch_id} and forged|forged and {batch_id}"):
        warehouse.load()


def test_many_files_are_divided_into_at_most_max_batches(warehouse: Warehouse) -> None:
    large = a_milestone(comments=[{"uuid": "x", "comment": "long " * 200_000}])
    for _ in range(12):
        warehouse.land(large)

    batches = plan(warehouse.settings, max_batches=4)
    for batch_id in batches:
        flatten(warehouse.settings, batch_id)
    result = commit(warehouse.settings, batches)

    assert 1 < len(batches) <= 4
    assert 12 == result.landed + len(pending(warehouse.settings))


def test_hidden_files_of_a_receiver_at_work_are_not_loaded(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    [visible] = (warehouse.settings.layout.landing).glob("*/*.ndjson")
    visible.with_name(f".{visible.name}.tmp").write_bytes(b"half a li")

    assert 1 == warehouse.load().landed


def test_a_damaged_line_is_quarantined_and_its_neighbours_are_loaded(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES, a_milestone())
    [file] = (warehouse.settings.layout.landing).glob("*/*.ndjson")
    first, second = file.read_bytes().splitlines()
    file.write_bytes(first + b"\n" + b'{"landing_id": "half a l\n' + second + b"\n")

    result = warehouse.load()
    warehouse.publish()

    assert (3, 2, 1) == (result.landed, result.loaded, result.quarantined)
    assert ("damaged_line", 2) == warehouse.row("select reason, line_number from ops.quarantine")
    assert 2 == warehouse.value("select count(*) from milestones")


def test_a_payload_damaged_after_landing_is_quarantined(warehouse: Warehouse) -> None:
    warehouse.land(a_milestone())
    [file] = (warehouse.settings.layout.landing).glob("*/*.ndjson")
    file.write_bytes(file.read_bytes().replace(b"SUBMITTED", b"SUBMI\xffTED"))

    warehouse.load()
    warehouse.publish()

    assert "altered_body" == warehouse.value("select reason from ops.quarantine")


def test_a_home_with_quotes_and_spaces_in_its_path_works(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / 'Bob\'s "home" 100%')

    warehouse.deliver(SAMPLE_BYTES)

    assert 2 == warehouse.value("select count(*) from history.tasks")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_landing_file_that_was_copied_under_another_name_counts_as_duplicates(
    warehouse: Warehouse, *, at_once: bool
) -> None:
    warehouse.land(a_milestone("one"), b"no json", {"stage_id": 1})
    landing = warehouse.settings.layout.landing
    [file] = landing.glob("*/*")
    if not at_once:
        warehouse.load()
    (landing / "received_date=2026-01-01").mkdir()
    shutil.copyfile(file, landing / "received_date=2026-01-01" / "copy.ndjson")

    warehouse.load()
    warehouse.publish()

    assert {"applied": 1, "duplicate": 3, "ignored": 1, "quarantined": 1} == dict(
        warehouse.rows("select outcome, count(*) from ops.deliveries group by outcome")
    )
    assert ["copy.ndjson"] == warehouse.column(
        "select distinct parse_filename(landing_file) from ops.deliveries where outcome <> 'duplicate'"
    )
    assert 1 == warehouse.value("select count(*) from history.tasks")
    assert 1 == len(quarantined(warehouse.settings.layout))
    assert read_status(warehouse.settings).balanced


def test_no_progress_bar_is_drawn_on_stdout_in_a_process_without_a_script(tmp_path: Path) -> None:
    setting = "execute(\"select current_setting('enable_progress_bar')\").fetchone()"
    code = f"""
from pathlib import Path
from sighten_warehouse.publish.tables import attached_file
from sighten_warehouse.load.batch import staging_connection
with staging_connection() as staging, attached_file(Path({str(tmp_path / "file")!r})) as file:
    print(staging.{setting}, file.{setting})
"""

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "(False,) (False,)" == result.stdout.strip()


def test_compressed_files_are_divided_by_the_size_of_their_lines(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    names = [f"received_date=2026-11-01/{number}.ndjson.zst" for number in range(2)]
    for name in names:
        (layout.landing / name).parent.mkdir(parents=True, exist_ok=True)
        with (layout.landing / name).open("wb") as file:
            file.truncate(3_000_000)

    assert [[name] for name in names] == [list(manifest.landing_files) for manifest in divide(layout, names)]

"""The command `sighten-warehouse backfill files`, and its rows once loaded."""

import os
import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.backfill.files import chunks
from sighten_warehouse.backfill.files.deliveries import Deliveries, ImportedDelivery
from sighten_warehouse.cli.main import commands
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.load import step
from support.factories import SAMPLE_BYTES, a_milestone, as_json
from support.importing import bodies, imported, tarred, zipped, zstd
from support.warehouses import Warehouse
from support.worlds import NOT_COMPARED, a_world, in_some_dialect

A, B = as_json(a_milestone("a")), as_json(a_milestone("b"))
DELIVERIES = 2_000


def run(warehouse: Warehouse, *arguments: str | Path) -> Result:
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    return CliRunner().invoke(commands, ["backfill", "files", *map(str, arguments)], env=env)


def test_it_lands_all_and_prints_the_next_step_and_a_second_run_lands_nothing(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "sample").write_bytes(SAMPLE_BYTES)
    (tmp_path / "dump.zip").write_bytes(zipped(("a", A), ("b", B)))

    first, second = (run(warehouse, tmp_path / "sample", tmp_path / "*.zip") for _ in range(2))

    assert (0, 0) == (first.exit_code, second.exit_code), first.output
    assert "3 bodies in 2 files: 3 landed in 2 landing files, 0 were there already" in first.stdout
    assert "next: sighten-warehouse load" in first.stdout
    assert "3 bodies in 2 files: 0 landed in 0 landing files, 3 were there already" in second.stdout
    assert "next" not in second.stdout
    assert {A, B, SAMPLE_BYTES} == set(bodies(warehouse))


def test_with_publish_it_also_loads_and_publishes_and_goes_on_after_a_stop(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "dump").write_bytes(A + b"\n" + B)
    run(warehouse, tmp_path / "dump")  # and stopped before it loaded

    resumed = run(warehouse, tmp_path / "dump", "--publish")
    (tmp_path / "bad").write_bytes(b'{"tasks": [], "uuid": "none"}')
    quarantined = run(warehouse, tmp_path / "bad", "--publish")

    assert (0, 1) == (resumed.exit_code, quarantined.exit_code), resumed.output
    assert "2 were there already" in resumed.stdout
    assert "landed 2: 2 loaded, 0 ignored, 0 quarantined in 1 batches" in resumed.stdout
    assert "1 batches, 2 milestones" in resumed.stdout
    assert "next" not in resumed.stdout
    assert "1 deliveries are in quarantine" in quarantined.stderr


def test_with_publish_what_lands_is_loaded_meanwhile_and_counted_once(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dump.ndjson").write_bytes(b"\n".join(as_json(a_milestone(str(number))) for number in range(40)))
    loaded, taken = Event(), iter(range(1, 41))
    take, commit = Deliveries.take, step.commit

    def take_the_last_once_others_are_loaded(self: Deliveries, body: bytes) -> ImportedDelivery:
        assert next(taken) < 40 or loaded.wait(60)
        return take(self, body)

    def commit_and_say_so(*given: Any, **options: Any) -> Any:
        result = commit(*given, **options)
        loaded.set()
        return result

    monkeypatch.setattr(chunks, "MAX_FILE_LINES", 10)
    monkeypatch.setattr(Deliveries, "take", take_the_last_once_others_are_loaded)
    monkeypatch.setattr(step, "commit", commit_and_say_so)

    result = run(warehouse, tmp_path / "dump.ndjson", "--publish")

    assert (0, True) == (result.exit_code, "landed 40: 40 loaded, 0 ignored, 0 quarantined" in result.stdout)
    assert 40 == warehouse.value("select count(*) from milestones")


def test_a_dry_run_prints_files_kinds_days_and_bytes(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "2018-08-30.zip").write_bytes(zipped(("a", A), ("b", B)))
    (tmp_path / "2018-09-01.ndjson").write_bytes(A + b"\n" + B)
    (tmp_path / "2018-09-02.ndjson").write_bytes(A)
    imported(warehouse, tmp_path / "2018-09-02.ndjson", pattern="%Y-%m-%d")

    result = run(warehouse, tmp_path / "20*", "--received-at-pattern", "%Y-%m-%d", "--dry-run")

    rows = {tuple(line.split()) for line in result.stdout.replace(f"{tmp_path}/", "").splitlines()}
    assert 0 == result.exit_code
    assert ("2018-08-30.zip", "one", "body", "in", "zip", "2", "2", f"{len(A + B):,}", "2") in rows
    assert ("2018-09-01.ndjson", "one", "body", "a", "line", "1", "2", f"{len(A + B):,}", "2") in rows
    assert ("2018-09-02.ndjson", "one", "body", "1", "1", f"{len(A):,}", "0") in rows
    assert "5 bodies in 3 files: 4 would be landed, 1 were there already" in result.stdout
    assert "time of receiving: 5 from the path" in result.stdout
    assert "received on 2 days from 2018-08-30 to 2018-09-01" in result.stdout
    assert 1 == len(bodies(warehouse))


def test_unreadable_files_are_reported_on_stderr_and_end_with_1(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "broken\x1b[2J.zip").write_bytes(zipped(("a", A))[:-9])
    (tmp_path / "good").write_bytes(B)

    result = run(warehouse, tmp_path)
    without_field = run(warehouse, tmp_path / "good", "--received-at-field", "date_updatd")

    assert (1, 1) == (result.exit_code, without_field.exit_code)
    assert (
        f"not read: {tmp_path}/broken�[2J.zip: broken at the bytes: expected a whole and readable file" in result.stderr
    )
    assert "1 bodies have no time between 1970 and now in the given field or path, the first" in without_field.stderr
    assert f" in {tmp_path}/good: the next source of times was used" in without_field.stderr
    assert [B] == bodies(warehouse)


@pytest.mark.parametrize("arguments", [["no such file"], ["--received-at-pattern", "dump", "."], []])
def test_wrong_use_ends_with_2_and_lands_nothing(warehouse: Warehouse, arguments: list[str]) -> None:
    result = run(warehouse, *arguments)

    assert 2 == result.exit_code
    assert not warehouse.settings.layout.root.exists()


INTERRUPTED = """
import os, signal
from sighten_warehouse.cli.main import run_alone
from sighten_warehouse.backfill.files import deliveries

take = deliveries.Deliveries.take

def interrupted(self, body):
    os.kill(os.getpid(), signal.SIGINT)
    return take(self, body)

deliveries.Deliveries.take = interrupted
run_alone()
"""


def test_ctrl_c_lands_what_was_read_and_prints_how_to_resume(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(A + b"\n" + B)
    env = os.environ | {"SIGHTEN_HOME": str(warehouse.settings.home)}
    arguments = [sys.executable, "-c", INTERRUPTED, "backfill", "files", str(tmp_path / "lines")]

    ended = subprocess.run(arguments, env=env, capture_output=True, text=True, check=False, timeout=60)
    after = bodies(warehouse)
    again = run(warehouse, tmp_path / "lines")

    assert 130 == 128 + signal.SIGINT == ended.returncode, ended.stderr
    assert "stopped: the bodies so far are landed; run the same command again to resume" in ended.stderr
    assert [A] == after
    assert "1 landed in 1 landing files, 1 were there already" in again.stdout


def everything(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of deliveries, except the columns that depend on the way they came."""
    tables: dict[str, list[str]] = {}
    for table, column in warehouse.rows(
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
    ):
        compared = table.startswith(("main.", "history.")) or table in ("ops.deliveries", "ops.drift")
        if compared and not column.endswith((*NOT_COMPARED, "landing_id", "landing_ids", "source")):
            tables.setdefault(table, []).append(f'"{column}"')
    return {
        table: sorted(warehouse.rows(f"select {', '.join(columns)} from {table}"), key=repr)
        for table, columns in tables.items()
    }


def test_imported_files_give_the_rows_of_single_deliveries(tmp_path: Path) -> None:
    chance = random.Random(5)
    payloads = [payload for number in range(450) for payload in a_world(chance, str(number))][: DELIVERIES - 3]
    raw = [SAMPLE_BYTES, b"no json", b'{"stage_id": 1}', *(in_some_dialect(chance, payload) for payload in payloads)]
    one_by_one, from_files = Warehouse(tmp_path / "one by one"), Warehouse(tmp_path / "from files")
    members, lines = [], []
    for number, body in enumerate(raw):
        at = one_by_one.clock + timedelta(seconds=number * 97)
        lines.append(landing_line(body, landing_id=new_landing_id(), received_at=at))
        members.append((f"{at:%Y-%m-%d/%H%M%S}.json", body))
    write_landing_file(one_by_one.settings.layout.landing, lines, received_at=one_by_one.clock)
    chance.shuffle(members)
    (tmp_path / "dump.zip").write_bytes(zipped(*members[:700]))
    (tmp_path / "dump.tar.zst").write_bytes(zstd(tarred(*members[700:1_400])))
    for name, body in members[1_400:]:
        (tmp_path / "singles" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "singles" / name).write_bytes(body)

    paths = [tmp_path / "singles", tmp_path / "dump.tar.zst", tmp_path / "dump.zip", tmp_path / "dump.*"]
    result = run(from_files, *paths, "--received-at-pattern", "%Y-%m-%d/%H%M%S")
    for warehouse in (one_by_one, from_files):
        warehouse.load()
        warehouse.publish()

    assert DELIVERIES == len(raw)
    assert f"{DELIVERIES:,} landed in 3 landing files, 0 were there already" in result.stdout
    delivered = everything(one_by_one)
    assert DELIVERIES == len(delivered["ops.deliveries"])
    assert delivered == everything(from_files)

"""Clean payloads take the fast path, and it shows how many did."""

import json
from dataclasses import asdict
from pathlib import Path

from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.lake.manifest import commits, read_manifest
from sighten_warehouse.ops.status import read_status
from support.factories import SAMPLE_BYTES, a_milestone, a_task_delivery
from support.warehouses import Warehouse


def test_batches_and_status_count_the_clean_payloads(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(), a_milestone("two", new=1), SAMPLE_BYTES, a_task_delivery("a"), b"no json")
    home = {"SIGHTEN_HOME": str(warehouse.settings.home)}

    status = read_status(warehouse.settings)
    printed = CliRunner().invoke(commands, ["status"], env=home).stdout

    assert (4, 2) == warehouse.row("select loaded, clean from ops.batches")
    assert (2, 2) == (status.clean, status.conformed)
    [line] = [line.split() for line in printed.splitlines() if "fast path" in line]
    assert "fast path 50.0% 2 of 4 loaded deliveries; others load slower, to the same rows" == " ".join(line)


def test_the_manifest_of_older_code_has_no_count(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.take_in(a_milestone())
    [manifest] = commits(warehouse.settings.layout)
    facts = asdict(manifest)
    del facts["clean"]
    (tmp_path / "older.json").write_text(json.dumps(facts))

    older = read_manifest(tmp_path / "older.json")

    assert (1, None) == (manifest.clean, older.clean)
    assert 0 == older.conformed


def test_drift_and_counters_of_clean_payloads_are_reported(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(status="NEW", approved_task_count=1))

    drift = warehouse.rows("select path, drift from history.drift order by path")

    assert 1 == warehouse.value("select clean from ops.batches")
    assert [("approved_task_count", "counter_mismatch"), ("status", "unknown_code")] == drift

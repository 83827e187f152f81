"""Quarantine: decisions are landed, count once, and survive a reload of everything."""

import gzip
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.landing.decision import DECISION_TYPE
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load import delivery
from sighten_warehouse.ops.status import read_status
from support.factories import a_milestone, a_task, an_id
from support.warehouses import Warehouse

BROKEN = b'{"uuid": "x",\n "name": caf\xc3\xa9 1}'
NOBODY = "01a20a1c-f39a-7472-b9b2-245396a5f37a"


def run(warehouse: Warehouse, *arguments: str) -> Result:
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    return CliRunner().invoke(commands, ["quarantine", *arguments], env=env)


def land_broken(warehouse: Warehouse, *bodies: bytes) -> list[str]:
    ids = warehouse.land(*bodies, method="POST", content_type="application/json", headers={"user-agent": "Sighten"})
    warehouse.load()
    return ids


def mended(tmp_path: Path, body: Any) -> str:
    path = tmp_path / "mended.json"
    path.write_text(json.dumps(body))
    return str(path)


def outcomes(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.rows("select landing_id, outcome from ops.deliveries"))


def everything(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that must not depend on batches."""
    return {
        "milestones": warehouse.rows("select * from milestones order by all"),
        "outcomes": warehouse.rows(
            "select landing_id, outcome, reason, landing_file, line_number from ops.deliveries order by all"
        ),
        "quarantine": warehouse.rows("select * exclude (batch_id) from ops.quarantine order by all"),
        "decisions": warehouse.rows("select * from ops.decisions order by all"),
    }


def reloaded_warehouse(warehouse: Warehouse, home: Path) -> Warehouse:
    again = Warehouse(home)
    shutil.copytree(warehouse.settings.layout.landing, again.settings.layout.landing)
    again.load()
    again.publish()
    return again


def test_open_deliveries_are_listed_with_reason_and_place(warehouse: Warehouse) -> None:
    [first, second] = land_broken(warehouse, BROKEN, b"[]")

    result, as_json = run(warehouse, "list"), json.loads(run(warehouse, "list", "--json").stdout)

    assert 0 == result.exit_code
    assert [first, second] == [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert ["not_json", "line", "2,", "column", "10"] == result.stdout.splitlines()[1].split()[3:8]
    assert [(first, "not_json", len(BROKEN)), (second, "not_an_object", 2)] == [
        (delivery["landing_id"], delivery["reason"], delivery["body_bytes"]) for delivery in as_json
    ]


def test_a_delivery_is_shown_with_its_headers_and_the_place(warehouse: Warehouse) -> None:
    [landing_id] = land_broken(warehouse, BROKEN)

    result = run(warehouse, "show", landing_id)

    assert 0 == result.exit_code
    for expected in (
        "POST",
        "application/json",
        "Sighten",
        "2026-11-01 12:00:01",
        "not_json",
        "JSON with Python's literals",
    ):
        assert expected in result.stdout
    assert [' "name": café 1}', "         ^"] == result.stdout.splitlines()[-2:]


@pytest.mark.parametrize("body", [BROKEN, b"\xff\x00\xfe", b"", b"[1,\r\n 2]"])
def test_its_body_is_printed_byte_for_byte(warehouse: Warehouse, body: bytes) -> None:
    [landing_id] = land_broken(warehouse, body)

    assert body == run(warehouse, "show", landing_id, "--raw").stdout_bytes
    assert 0 == run(warehouse, "show", landing_id).exit_code


def test_terminal_control_characters_are_never_printed(warehouse: Warehouse) -> None:
    hostile = "text/\x1b[2Jplain; charset=\x1b]0;x"
    [landing_id] = warehouse.land(b"\xff", content_type=hostile, headers={"user-agent": "\x1b[31m"})
    warehouse.load()

    results = [run(warehouse, "show", landing_id), run(warehouse, "list"), run(warehouse, "retry", landing_id)]

    assert [] == [result.stdout for result in results if "\x1b" in result.stdout]
    assert "text/\ufffd[2Jplain" in results[0].stdout


def test_a_mended_body_takes_the_place_of_the_broken_one(warehouse: Warehouse, tmp_path: Path) -> None:
    [broken] = land_broken(warehouse, BROKEN)
    [later] = warehouse.land(a_milestone(name="later"))

    result = run(warehouse, "retry", broken, "--as", mended(tmp_path, a_milestone(name="mended")))
    warehouse.publish()

    new = warehouse.value("select retried_as_landing_id from ops.quarantine")
    [decision] = warehouse.column("select landing_id from ops.decisions")
    assert (0, f"{broken}: loaded as {new} (milestone)") == (result.exit_code, result.stdout.splitlines()[-1])
    assert {broken: "quarantined", new: "superseded", later: "applied", decision: "applied"} == outcomes(warehouse)
    assert "later" == warehouse.value("select name from milestones")
    assert datetime(2026, 11, 1, 12, 0, 1) == warehouse.value("select first_received_at from milestones")
    assert read_status(warehouse.settings).balanced
    assert {} == read_status(warehouse.settings).quarantine
    assert "[]" == run(warehouse, "list", "--json").stdout.strip()


def test_the_last_decision_on_a_delivery_is_in_force(warehouse: Warehouse, tmp_path: Path) -> None:
    [broken] = land_broken(warehouse, BROKEN)
    run(warehouse, "retry", broken, "--as", mended(tmp_path, a_milestone("wrong", at="2025-03-09T00:00:00Z")))
    run(warehouse, "retry", broken, "--as", mended(tmp_path, a_milestone("right")))
    warehouse.publish()
    right = warehouse.column("select milestone_id from milestones")
    balanced = read_status(warehouse.settings).balanced

    result = run(warehouse, "discard", broken, "--reason", "neither")
    warehouse.publish()

    assert [an_id("milestone right")] == right
    assert balanced
    assert 0 == result.exit_code
    assert [] == warehouse.rows("from milestones")
    assert ("discard", "neither", None) == warehouse.row(
        "select decision, decision_reason, retried_as_landing_id from ops.quarantine"
    )
    assert ["applied", "quarantined", *["superseded"] * 4] == sorted(outcomes(warehouse).values())
    assert everything(warehouse) == everything(reloaded_warehouse(warehouse, tmp_path / "anew"))


def test_a_retry_after_an_upgrade_loads_what_it_can_read_and_a_reload_agrees(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_list = json.dumps([a_milestone("one", tasks=[a_task("a")])]).encode()
    discarded, retried, hopeless = land_broken(warehouse, b"[{}]", in_a_list, b"no json")
    run(warehouse, "discard", discarded, "--reason", "a test of theirs")
    before = len(landing_files(warehouse.settings.layout.landing))
    old = run(warehouse, "retry", "--all")
    untouched = len(landing_files(warehouse.settings.layout.landing))
    parse = delivery.parse_embedded
    monkeypatch.setattr(delivery, "parse_embedded", lambda raw: parse(raw)[0] if raw[:1] == b"[" else parse(raw))

    new = run(warehouse, "retry", "--all")
    warehouse.publish()

    assert (1, 1) == (old.exit_code, new.exit_code)
    assert before == untouched
    assert f"{retried}: still not_an_object at the root: expected an object" in old.stdout
    assert f"{retried}: loaded as " in new.stdout
    assert f"{hopeless}: still not_json at line 1, column 1: expected JSON" in new.stdout
    assert discarded not in new.stdout
    assert ["a"] == warehouse.column("select name from tasks")
    reloaded = reloaded_warehouse(warehouse, tmp_path / "anew")
    assert ["quarantined"] * 3 == [outcomes(reloaded)[landing_id] for landing_id in (discarded, retried, hopeless)]
    assert warehouse.rows("select * from milestones") == reloaded.rows("select * from milestones")
    assert outcomes(warehouse) == outcomes(reloaded)


def test_a_copy_keeps_the_headers_needed_to_read_it(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    body = gzip.compress(json.dumps(a_milestone(name="café"), ensure_ascii=False).encode("latin-1"))
    [landing_id] = warehouse.land(
        body, content_type="text/plain; charset=iso-8859-1", headers={"content-encoding": "x"}
    )
    warehouse.load()
    known = {"x": gzip.decompress}
    monkeypatch.setattr("sighten_warehouse.payload.decode._decompress", lambda body, encoding: known[encoding](body))

    result = run(warehouse, "retry", landing_id)
    warehouse.publish()

    assert 0 == result.exit_code, result.output
    assert "café" == warehouse.value("select name from milestones")


def test_a_damaged_line_can_be_shown_and_mended(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land({"stage_id": 1})
    [file] = warehouse.settings.layout.landing.glob("*/*.ndjson")
    file.write_bytes(file.read_bytes() + b'{"landing_id": "half a l')
    warehouse.load()
    [listed] = json.loads(run(warehouse, "list", "--json").stdout)
    landing_id = listed["landing_id"]

    shown, raw = run(warehouse, "show", landing_id), run(warehouse, "show", landing_id, "--raw")
    again = run(warehouse, "retry", landing_id)
    result = run(warehouse, "retry", landing_id, "--as", mended(tmp_path, a_milestone()))

    assert '{"landing_id": "half a l' == shown.stdout.splitlines()[-1]
    assert b'{"landing_id": "half a l' == raw.stdout_bytes
    assert 1 == again.exit_code
    assert 0 == result.exit_code, result.output


def test_a_decision_counts_only_if_the_product_landed_it(warehouse: Warehouse) -> None:
    [still_open] = land_broken(warehouse, BROKEN)
    body = {"quarantine_decision": "discard", "landing_id": still_open}

    warehouse.land(body, content_type=DECISION_TYPE)
    warehouse.land(body, source="import")
    warehouse.load()

    assert [still_open] == [delivery["landing_id"] for delivery in json.loads(run(warehouse, "list", "--json").stdout)]


@pytest.mark.parametrize(
    "decision",
    [
        {},
        {"quarantine_decision": "forget", "landing_id": NOBODY},
        {"quarantine_decision": "discard", "landing_id": "no uuid"},
        {"quarantine_decision": "retry", "landing_id": NOBODY},
        {"quarantine_decision": "discard", "landing_id": NOBODY, "retried_as": NOBODY},
        [],
    ],
)
def test_a_malformed_decision_is_quarantined(warehouse: Warehouse, decision: Any) -> None:
    warehouse.land(decision, source="import", content_type=DECISION_TYPE)

    assert 1 == warehouse.load().quarantined


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", NOBODY),
        ("retry", NOBODY),
        ("discard", NOBODY, "--reason", "x"),
        ("retry", NOBODY, "--as", "mended.json"),
    ],
)
def test_an_id_that_is_not_in_quarantine_ends_with_2(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    mended(tmp_path, {})
    monkeypatch.chdir(tmp_path)

    ended = run(warehouse, *arguments)

    assert 2 == ended.exit_code
    assert f"{NOBODY}: not in quarantine; expected ids that" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [("retry",), ("retry", "--all", NOBODY), ("retry", "--all", "--as", __file__), ("discard", NOBODY)]
)
def test_a_command_with_missing_arguments_ends_with_2(warehouse: Warehouse, arguments: tuple[str, ...]) -> None:
    assert 2 == run(warehouse, *arguments).exit_code


def test_each_decision_on_a_delivery_is_made_once(warehouse: Warehouse) -> None:
    [landing_id] = land_broken(warehouse, BROKEN)
    run(warehouse, "discard", landing_id, "--reason", "x")

    again = run(warehouse, "discard", landing_id, "--reason", "x")

    assert 2 == again.exit_code
    assert "decided before, discard; expected ids that are open" in again.stderr


def test_a_delivery_lost_from_landing_is_an_error_that_names_it(warehouse: Warehouse) -> None:
    [landing_id] = land_broken(warehouse, BROKEN)
    [name] = landing_files(warehouse.settings.layout.landing)
    (warehouse.settings.layout.landing / name).write_bytes(b"")

    ended = run(warehouse, "show", landing_id)

    assert landing_id in str(ended.exception)
    assert name in str(ended.exception)

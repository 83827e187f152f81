"""`sighten-warehouse erase`: asks before it erases, and says what it did."""

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.landing.erasures import Erasure, new_tombstones, read_erasures, write_erasure
from sighten_warehouse.receiver.readiness import Readiness
from support.erasing import ADDRESS, her_milestone
from support.factories import an_id
from support.searching import places_of
from support.warehouses import Warehouse


def run(warehouse: Warehouse, *arguments: str) -> Result:
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    return CliRunner().invoke(commands, ["erase", *arguments], env=env)


def test_it_counts_refuses_without_a_terminal_and_erases_with_yes(warehouse: Warehouse) -> None:
    root = warehouse.settings.layout.root
    warehouse.take_in(her_milestone())
    (root / "notes.txt").write_text(ADDRESS)
    Readiness(warehouse.settings.layout.landing, largest_body=1, committer_runs=lambda: True).probe()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    counted = run(warehouse, "--email", ADDRESS, "--dry-run")
    refused = run(warehouse, "--email", ADDRESS)
    unchanged = before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    erased = run(warehouse, "--email", ADDRESS, "--yes")

    assert (0, "        1  landing lines") == (counted.exit_code, counted.stdout.splitlines()[0])
    assert (2, True) == (refused.exit_code, "expected --yes, since there is no terminal to ask on" in refused.stderr)
    assert unchanged
    [erasure] = read_erasures(warehouse.settings.layout)
    assert 1 == erased.exit_code
    assert "erased email: 1 landing lines, 1 landing files, 0 documents" in erased.stdout
    left = [line for line in erased.stderr.splitlines() if "looked into" in line]
    assert [f"{root / 'notes.txt'}: not a file of this product, and so not looked into"] == left
    assert erasure.finished_at
    assert {"notes.txt"} == places_of(root, ADDRESS)


def test_an_unfinished_erasure_is_resumed(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    warehouse.take_in(her_milestone())
    digest = new_tombstones(layout, dry_run=False).digest(ADDRESS)
    facts = {"digest": digest, "digests": (digest,), "begun_at": "2026-11-01T00:00:00+00:00"}
    write_erasure(layout, Erasure(erasure_id="a", what="email", **facts))

    resumed, again = run(warehouse, "--resume"), run(warehouse, "--resume")

    assert (0, 0) == (resumed.exit_code, again.exit_code)
    assert "no erasure is unfinished\n" == again.stdout
    assert all(erasure.finished_at for erasure in read_erasures(layout))
    assert set() == places_of(layout.root, ADDRESS)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--site", an_id("site"), "--email", ADDRESS],
        ["--site", "one"],
        ["--email", "janetta"],
        ["--email", "janetta @example.com"],
        ["--resume", "--dry-run"],
    ],
)
def test_wrong_use_is_refused(warehouse: Warehouse, arguments: list[str]) -> None:
    warehouse.land(her_milestone())

    assert 2 == run(warehouse, *arguments).exit_code

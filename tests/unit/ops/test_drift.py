"""Drift that somebody has looked at is no longer listed; what is new after that is."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import SettingError
from sighten_warehouse.ops.drift import acknowledge, drift_places
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.versions import is_current
from support.factories import a_milestone
from support.scripted_api import FakeClock
from support.warehouses import Warehouse

CLOCK = FakeClock(datetime(2027, 1, 1, 9, tzinfo=UTC))


def open_places(warehouse: Warehouse) -> set[tuple[str, str | None]]:
    return {(place.path, place.value) for place in drift_places(warehouse.settings) if place.acknowledged is None}


def test_acknowledged_drift_is_not_listed_again_and_a_new_value_is(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.deliver(a_milestone("one", status="HOLD", new=1))
    before = open_places(warehouse)

    looked_at = acknowledge(settings, path="status", value="HOLD", note="asked", clock=CLOCK)
    current = is_current(settings)
    warehouse.deliver(a_milestone("two", status="HOLD"), a_milestone("three", status="VOID"))
    after, status = open_places(warehouse), read_status(settings)
    shown = warehouse.rows("select path, note, acknowledged_at from ops.drift where acknowledged_at is not null")
    rebuild(settings)

    assert {("status", '"HOLD"'), ("new", None)} == before
    assert ["status"] == [place.path for place in looked_at]
    assert not current
    assert {("status", '"VOID"'), ("new", None)} == after == open_places(warehouse)
    assert [("status", "asked", CLOCK.now().replace(tzinfo=None))] == shown
    assert (3, 1) == (status.drift, status.acknowledged_drift)


def test_the_commands_list_and_acknowledge(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(status="HOLD", new=1))

    def call(*arguments: str) -> Result:
        environment = {"SIGHTEN_HOME": str(warehouse.settings.home)}
        return CliRunner().invoke(commands, ["drift", *arguments], env=environment)

    listed = call("list").stdout.splitlines()
    refused = [call("acknowledge"), call("acknowledge", "status", "--all"), call("acknowledge", "no such field")]
    done = call("acknowledge", "--all", "--note", "it's fine")

    assert ["kind", "drift", "field", "value", "deliveries"] == listed[0].split()[:5]
    assert any(line.split()[:4] == ["milestone", "unknown_code", "status", '"HOLD"'] for line in listed)
    assert [2, 2, 1] == [result.exit_code for result in refused]
    assert "acknowledged 2 places" in done.stdout
    assert [] == json.loads(call("list", "--json").stdout)
    assert 2 == len(json.loads(call("list", "--all", "--json").stdout))


def test_an_ill_formed_record_is_named(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(new=1))
    warehouse.settings.layout.acknowledged_drift.write_text("{}?")

    with pytest.raises(
        SettingError, match=r"acknowledged_drift\.json: expected a list that `drift acknowledge` writes"
    ):
        drift_places(warehouse.settings)

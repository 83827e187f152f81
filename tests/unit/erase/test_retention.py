"""Retention: old deliveries lose their body once no current row needs them; old documents leave the vault."""

import os
from datetime import timedelta

import msgspec
from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.clock import Clock
from sighten_warehouse.erase import Expired, expire
from sighten_warehouse.ops.status import read_status
from support.erasing import store
from support.everything import everything
from support.factories import a_comment, a_milestone, a_task, an_id
from support.searching import places_of
from support.warehouses import Warehouse

OF_TIME = ("first_received_at",)


def test_only_what_no_current_row_needs_is_dropped(warehouse: Warehouse) -> None:
    settings = msgspec.structs.replace(warehouse.settings, kept_raw_days=30, kept_document_days=30)
    now = type("Then", (Clock,), {"now": lambda _: warehouse.clock + timedelta(days=31)})()
    early = a_comment("early", "asked early", "2025-03-01T11:00:00Z")
    warehouse.land(a_milestone("a", comments=[early]), a_milestone("a", name="Of old", at="2025-03-02T00:00:00Z"))
    warehouse.land(a_milestone("a", at="2025-03-03T00:00:00Z", tasks=[a_task("last")]), b"nothing Of old")
    old, young = store(warehouse, "old", b"old"), store(warehouse, "young", b"young")
    for path, days in ((old, -1), (young, 2)):
        os.utime(path, (0, (warehouse.clock + timedelta(days=days)).timestamp()))
    warehouse.load()
    warehouse.publish()
    before = {name: rows for name, rows in everything(warehouse, but=OF_TIME).items() if name.startswith("main.")}
    warehouse.close()

    expired, again = expire(settings, clock=now), expire(settings, clock=now)
    warehouse.load()
    warehouse.publish()

    after = everything(warehouse, but=OF_TIME)
    assert (Expired(2, 1), Expired(0, 0)) == (expired, again)
    assert before == {name: rows for name, rows in after.items() if name.startswith("main.")}
    assert [("ignored", "expired", 2)] == warehouse.rows(
        "select outcome, reason, count(*) from ops.deliveries where reason is not null group by all"
    )
    assert not [place for place in places_of(settings.layout.root, "Of old") if place.startswith("landing")]
    assert (False, True) == (old.exists(), young.exists())
    assert "erased" == warehouse.value(
        "select download_status from ops.downloads where document_id = ?", an_id("document old")
    )
    assert read_status(warehouse.settings, deep=True).balanced


def test_compact_drops_by_the_settings(warehouse: Warehouse) -> None:
    warehouse.deliver(b"no json", a_milestone())
    warehouse.close()
    env = {"SIGHTEN_HOME": str(warehouse.settings.home), "SIGHTEN_KEPT_RAW_DAYS": "1"}

    kept = CliRunner().invoke(commands, ["compact"], env=env | {"SIGHTEN_KEPT_RAW_DAYS": ""})
    dropped = CliRunner().invoke(commands, ["compact"], env=env)

    assert "dropped" not in kept.stdout
    assert "dropped the bodies of 1 old deliveries, and 0 documents" in dropped.stdout

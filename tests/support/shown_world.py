"""A home with something for every panel to show, and texts that try to be markup."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from sighten_simulator.world.lives import Life, build_simulation
from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.collect import land_answers
from sighten_warehouse.durable import replace_durably
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.settings import Settings, read_settings
from support.factories import (
    SAMPLE_BYTES,
    a_comment,
    a_document,
    a_milestone,
    a_sub_task,
    a_task,
    an_id,
    sample_as_json,
)
from support.warehouses import Warehouse

LIVES = 90
PARTS = 6
HOSTILE = "=1+1</script x><img src=x onerror=alert(1)> & \u2028 {{data}}"
ENDLESS = "\u202eשלב " + 5_000 * "W" + " the second roof"  # turns round what follows, and has no place to be broken
NOT_JSON = b'{"uuid": "cut off'


def make_world(home: Path) -> Settings:
    """Delivers, loads and publishes it all; returns the settings of `production`."""
    warehouse = Warehouse(home)
    simulated = build_simulation(3, LIVES).lives
    snapshots = sorted(
        (snapshot for life in simulated for snapshot in life.snapshots), key=lambda snapshot: snapshot.sent_at
    )
    for number in range(PARTS):
        part = snapshots[number::PARTS]
        warehouse.clock = snapshots[len(snapshots) * number // PARTS].sent_at
        warehouse.land(*(snapshot.payload for snapshot in part), part[0].payload)
    warehouse.land(SAMPLE_BYTES, sample_as_json(), hostile_milestone(), endless_milestone(), NOT_JSON, b"<xml/>")
    land_answers(warehouse.settings.layout.landing, [signed(life, warehouse) for life in simulated[: LIVES // 2]])
    warehouse.load()
    warehouse.publish()
    make_test_environment(home)
    return warehouse.settings


def make_test_environment(home: Path) -> None:
    tried = Warehouse(home)
    tried.settings = read_settings({"SIGHTEN_HOME": str(home), "SIGHTEN_ENV": "test"})
    tried.deliver(SAMPLE_BYTES)


def put_version(settings: Settings, other: Settings) -> None:
    """What the other one has published is published here, by one rename, as publish does it."""

    def copy(hidden: Path) -> None:
        shutil.copyfile(other.layout.warehouse_file, hidden)

    replace_durably(settings.layout.warehouse_file, copy)


def hostile_milestone() -> dict[str, Any]:
    """Pending, with a text that would end a script wherever a text can stand."""
    document = a_document("hostile", name=HOSTILE)
    task = a_task("hostile", name=HOSTILE, sub_tasks=[a_sub_task("hostile", label=HOSTILE, documents=[document])])
    said = a_comment("hostile", f"Example Bot submitted milestone {HOSTILE} for approval.", "2026-06-30T08:00:00Z")
    note = a_comment("hostile note", HOSTILE, "2026-06-30T09:00:00Z", commentor_first_name=HOSTILE)
    new = {"a_field_with_a_name_that_is_too_long_for_a_narrow_screen": HOSTILE}
    return a_milestone("hostile", at="2026-06-30T09:00:00Z", name=HOSTILE, tasks=[task], comments=[said, note], **new)


def endless_milestone() -> dict[str, Any]:
    """Rejected, and named like everything about it by a text that is too long for any place."""
    task = a_task("endless", name=ENDLESS, sub_tasks=[a_sub_task("endless", label=ENDLESS)])
    lead = {"commentor": "ann@example.com", "commentor_first_name": "Ann", "commentor_last_name": ""}
    endings = {"submitted": ("2026-06-29T08:00:00Z", " for approval."), "rejected": ("2026-06-30T08:00:00Z", ".")}
    log = [
        a_comment(f"endless {what}", f"Ann {what} milestone {ENDLESS}{end}", at, **lead)
        for what, (at, end) in endings.items()
    ]
    definition = {"name": ENDLESS, "milestone_definition": an_id("endless")}
    return a_milestone(
        "endless", at="2026-06-30T08:00:00Z", status="REJECTED", tasks=[task], comments=log, **definition
    )


def signed(life: Life, warehouse: Warehouse) -> tuple[Answer, ApiRequest]:
    """What the API would say of the life's quote."""
    quote_id = life.site.quote_id
    path = "/api/data/workflow/"
    content = {"data": [{"s_quote_id": life.site.signed_quote_id}]}
    at = warehouse.clock + timedelta(seconds=1)
    answer = Answer(path, path, 200, "application/json", msgspec.json.encode(content), at, content)
    return answer, ApiRequest(purpose="signed_quote", target=path, status=200, quote_id=quote_id)

"""The vendor's sample, byte for byte: every row and every column of it."""

import json
from datetime import datetime, timedelta

import pytest

from support.factories import SAMPLE_BYTES, SAMPLE_MILESTONE, sample_as_json
from support.warehouses import Warehouse

BODIES = {
    "as the vendor prints it": SAMPLE_BYTES,
    "as strict JSON": sample_as_json(),
    "as compact JSON": json.dumps(json.loads(sample_as_json())).encode(),
    "as a Python literal": repr(json.loads(sample_as_json())).encode(),
    "mixed": SAMPLE_BYTES.replace(b'"None"', b"None").replace(b":True", b":true"),
}
OPERATIONS = "87066329-aac9-4979-91c1-cbeaa4c6abc5"


@pytest.fixture(scope="module", params=BODIES.values(), ids=BODIES.keys())
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    warehouse.deliver(request.param)
    return warehouse


def test_the_milestone_has_every_value_of_the_sample(loaded: Warehouse) -> None:
    told_by_rest = "alias, workflow_id, contract_id"
    row = loaded.row(
        f"select columns(* exclude (landing_id, received_at, first_received_at, {told_by_rest})) from milestones"
    )

    assert (
        SAMPLE_MILESTONE,
        "Construction & Signoff",
        "",
        "APPROVED",
        "157802b4-99aa-4437-b250-934df337766a",
        "8ba871ae-3282-420c-af3f-ddc41ac50273",
        None,
        "01362295-1d44-4eea-9234-898bb3073709",
        OPERATIONS,
        True,
        2,
        0,
        0,
        2,
        0,
        datetime(2018, 9, 4, 17, 11, 58, 49354),
        datetime(2018, 9, 4, 17, 11, 58, 241730),
        None,
    ) == row


def test_both_tasks_have_every_value_of_the_sample(loaded: Warehouse) -> None:
    rows = loaded.rows(
        "select columns(* exclude (landing_id, received_at, approver_user_id)) from tasks order by position"
    )

    assert [
        (
            "78a88ad2-dfd7-43c3-9233-bb733b563a38",
            SAMPLE_MILESTONE,
            1,
            "Equipment Delivered",
            "Indicate that all equipment required for installation has been obtained",
            "APPROVED",
            OPERATIONS,
            None,
            None,
        ),
        (
            "9cd85c68-8e8b-4721-b7d9-ca021aaca6b0",
            SAMPLE_MILESTONE,
            2,
            "Inspection Completion",
            "Upload signed city or county inspection job card",
            "APPROVED",
            OPERATIONS,
            None,
            None,
        ),
    ] == rows


def test_all_sub_tasks_have_every_value_of_the_sample(loaded: Warehouse) -> None:
    rows = loaded.rows("""
        select columns(* exclude (landing_id, received_at, data, milestone_id)) from sub_tasks order by label
    """)

    assert [
        ("59a452df-4b6d-4c1d-9145-cd2e98e20c3e", "78a88ad2-dfd7-43c3-9233-bb733b563a38", 2, "Equipment Delivered", None)
        + ("DOCUMENT", "INCM", "NOSTART", False, None, None),
        (
            "030904c4-a51d-4b55-b9fe-8df2eb2d79d1",
            "9cd85c68-8e8b-4721-b7d9-ca021aaca6b0",
            1,
            "Inspection Completion",
            None,
        )
        + ("DOCUMENT", "COMP", "UPLD", False, None, None),
        ("d5ab54fe-639e-4901-9371-9b2ffda0a19b", "78a88ad2-dfd7-43c3-9233-bb733b563a38", 1, "Mark Complete", None)
        + ("CHECKBOX", "INCM", "NOSTART", False, False, None),
    ] == rows


def test_data_is_kept_as_it_came(loaded: Warehouse) -> None:
    data = dict(loaded.rows("select sub_task_id, data from sub_tasks"))

    assert "false" == data["d5ab54fe-639e-4901-9371-9b2ffda0a19b"]
    assert {"envelopes": [], "documents": []} == json.loads(data["59a452df-4b6d-4c1d-9145-cd2e98e20c3e"])
    assert (
        "Silver-Inspection (Passed).pdf"
        == json.loads(data["030904c4-a51d-4b55-b9fe-8df2eb2d79d1"])["documents"][0]["name"]
    )


def test_the_document_has_every_value_of_the_sample(loaded: Warehouse) -> None:
    row = loaded.row("select columns(* exclude (landing_id, received_at)) from documents")

    assert (
        "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2",
        "030904c4-a51d-4b55-b9fe-8df2eb2d79d1",
        "9cd85c68-8e8b-4721-b7d9-ca021aaca6b0",
        SAMPLE_MILESTONE,
        1,
        "Silver-Inspection (Passed).pdf",
        "UPLOADED",
        "OTH",
        "b6bdddf9-9d3e-4d0d-b44f-ae97a41753ef",
        datetime(2018, 8, 30, 15, 10, 57, 769239),
    ) == row[:10]
    assert {None} == set(row[10:])


def test_both_comments_have_every_value_of_the_sample_and_no_thread(loaded: Warehouse) -> None:
    rows = loaded.rows("select columns(* exclude (landing_id, received_at)) from comments order by position")

    assert [
        ("b6f4916e-9d54-4f6c-b45a-1524e67bf8d6", None, SAMPLE_MILESTONE, 1)
        + (
            "Sighten Bot submitted milestone Construction & Signoff for approval.",
            "sightenbot@sighten.io",
            "Sighten",
            "Bot",
        )
        + (None, None, None, None, datetime(2018, 8, 30, 15, 11, 33, 442761), None, None),
        ("fc192f3b-4b67-467e-ab4d-3ff4594c0fe9", None, SAMPLE_MILESTONE, 2)
        + ("Sighten Bot approved milestone Construction & Signoff.", "sightenbot@sighten.io", "Sighten", "Bot")
        + (None, None, None, None, datetime(2018, 9, 4, 17, 11, 58, 241730), None, None),
    ] == rows


def test_the_assignee_and_the_organization_are_tables_of_their_own(loaded: Warehouse) -> None:
    user = loaded.row("select user_id, email, first_name, last_name, organization_id from users")
    organization = loaded.row("select organization_id, name from organizations")

    assert (
        OPERATIONS,
        "operations@sighten.io",
        "Generic",
        "Operations",
        "e62239df-7f3a-4ead-b4cd-500541f8b094",
    ) == user
    assert ("e62239df-7f3a-4ead-b4cd-500541f8b094", "Sighten Solar") == organization


def test_the_approval_cycle_is_exact_to_the_microsecond(loaded: Warehouse) -> None:
    submitted, approved, seconds = loaded.row(
        "select submitted_at, approved_at, cycle_seconds from marts.approval_cycles"
    )

    assert timedelta(days=5, hours=2, seconds=24, microseconds=798969) == approved - submitted
    assert 439224.798969 == seconds


def test_nothing_of_the_sample_is_drift(loaded: Warehouse) -> None:
    assert [] == loaded.rows("from ops.drift")


def test_the_sample_in_any_dialect_is_a_duplicate_of_itself(warehouse: Warehouse) -> None:
    warehouse.deliver(*BODIES.values())

    outcomes = dict(warehouse.rows("select outcome, count(*) from ops.deliveries group by outcome"))
    repairs = dict(warehouse.rows("select repair, count(*) from ops.deliveries group by repair"))

    assert {"applied": 1, "duplicate": 4} == outcomes
    assert {"none": 2, "literals": 3} == repairs
    assert 1 == warehouse.value("select count(*) from milestones")

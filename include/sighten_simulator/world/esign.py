"""Documents that are signed electronically: generated, sent in an envelope, signed, uploaded."""

from datetime import datetime
from random import Random
from typing import Any

from sighten_simulator.world.milestone_plan import Step
from sighten_simulator.world.people import Site, User
from sighten_simulator.world.randomness import new_uuid
from sighten_simulator.world.timestamps import format_time, random_time

SIGNING_SHARE = 0.9
VOIDED_SHARE = 0.15


def new_document(random: Random, *, name: str, group: str | None, uploaded: bool, at: datetime) -> dict[str, Any]:
    """An entry of `data.documents`, with the keys of 2021."""
    return {
        "date_created": format_time(at),
        "creation_type": "UPLOADED" if uploaded else "GENERATED",
        "uuid": new_uuid(random),
        "name": name,
        "document_group": group or new_uuid(random),
        "document_type": "OTH" if group is None else "HIC",
        "stale": False,
    }


def sign(random: Random, sub_task: dict[str, Any], *, site: Site, installer: User, step: Step) -> None:
    """Have the sub_task's contract signed before the step; some are only sent, some voided and sent again.

    Changes `sub_task`.
    """
    signed = random.random() < SIGNING_SHARE
    times = sorted(random_time(random, step.work_begins_at, step.at) for _ in range(5))
    if random.random() < VOIDED_SHARE:
        sub_task["data"]["envelopes"].append(_envelope(random, sub_task, sent=times[0], voided=times[1]))
    group = new_uuid(random)
    generated, sent, finished = times[2:]
    name = f"{sub_task['label']} - {site.homeowner[1]}.pdf"
    documents = sub_task["data"]["documents"]
    documents.append(new_document(random, name=name, group=group, uploaded=False, at=generated))
    signed_at = finished if signed else None
    sub_task["data"]["envelopes"].append(_envelope(random, sub_task, group=group, sent=sent, signed=signed_at))
    sub_task["signers"] = _signers(random, site=site, installer=installer, sent=sent, signed=signed_at)
    sub_task["document_status"] = "SIGN" if signed else "SENT"
    if signed:
        sub_task["status"] = "COMP"
        documents.append(new_document(random, name=f"Signed {name}", group=group, uploaded=True, at=finished))


def _envelope(  # noqa: PLR0913  (an envelope has many times)
    random: Random,
    sub_task: dict[str, Any],
    *,
    sent: datetime,
    signed: datetime | None = None,
    voided: datetime | None = None,
    group: str | None = None,
) -> dict[str, Any]:
    return {
        "uuid": new_uuid(random),
        "name": sub_task["label"],
        "status": "VOID" if voided else "SIGN" if signed else "SENT",
        "task_action_alias": "DSN",
        "resource_id": new_uuid(random),
        "document_group": group or new_uuid(random),
        "date_sent": format_time(sent),
        "date_signed": format_time(signed) if signed else None,
        "date_voided": format_time(voided) if voided else None,
    }


def _signers(
    random: Random, *, site: Site, installer: User, sent: datetime, signed: datetime | None
) -> list[dict[str, Any]]:
    first, last = site.homeowner
    people = (
        ("HOMEOWNER", f"homeowner.{site.site_id[:8]}@home.example", first, last),
        ("INSTALLER", installer.email, installer.first_name, installer.last_name),
    )
    return [
        {
            "uuid": new_uuid(random),
            "order": order,
            "signer_type": signer_type,
            "status": "SIGN" if signed else "SENT",
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
            "date_created": format_time(sent),
            "date_updated": format_time(signed or sent),
            "date_sent": format_time(sent),
            "date_signed": format_time(signed) if signed else None,
            "date_declined": None,
            "date_voided": None,
        }
        for order, (signer_type, email, first_name, last_name) in enumerate(people, 1)
    ]

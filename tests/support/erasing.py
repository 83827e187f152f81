"""A home that mentions a person in every way, and where she may be found."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec

from sighten_warehouse.alerts.ledger import OpenAlert, write_ledger
from sighten_warehouse.alerts.problem import Problem
from sighten_warehouse.documents.vault import name_in_vault, sha256_of
from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.landing.line import API_REQUEST_HEADER
from sighten_warehouse.ops.drift import acknowledge
from sighten_warehouse.publish.copies import write_copy
from sighten_warehouse.publish.parquet import export_parquet
from sighten_warehouse.report.writing import write_report
from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_user, an_id, as_json
from support.searching import places_of
from support.warehouses import Warehouse

ADDRESS = "janetta.quimby@sunny.example"
HER = (ADDRESS, "janetta", "quimby", "janetta.quimby%40")
JANETTA = a_user("Janetta") | {"email": "Janetta.Quimby@Sunny.example", "last_name": "Quimby"}


def her_milestone(key: str = "hers", **changes: Any) -> dict[str, Any]:
    comment = a_comment(
        key, f"Janetta Quimby wrote from {ADDRESS.upper()}.", "2025-03-01T11:00:00Z", commentor=ADDRESS,
        commentor_first_name="Janetta", commentor_last_name="Quimby",
    )  # fmt: skip
    papers = a_sub_task(key, documents=[a_document(key, name=f"contract_{ADDRESS}.pdf"), a_document(f"{key} photo")])
    found = a_milestone(
        key, assigned_to=JANETTA, comments=[comment], tasks=[a_task(key, sub_tasks=[papers])], **{ADDRESS: 1}
    )
    return found | changes


def land_answer(warehouse: Warehouse, content: Any, **request: Any) -> None:
    """Land an answer of the API."""
    facts = {"target": "/", "status": 200} | request
    header = {API_REQUEST_HEADER: msgspec.json.encode(ApiRequest(**facts)).decode()}
    warehouse.land(as_json(content), source="api", headers=header)


def store(warehouse: Warehouse, key: str, content: bytes) -> Path:
    """Put the content into the vault, as the document of that key."""
    layout = warehouse.settings.layout
    layout.vault.mkdir(parents=True, exist_ok=True)
    (layout.vault / "new").write_bytes(content)
    sha256 = sha256_of(layout.vault / "new")
    path = layout.vault / name_in_vault(sha256)
    path.parent.mkdir(exist_ok=True)
    (layout.vault / "new").rename(path)
    document = an_id(f"document {key}")
    record = {"document_id": document, "download_status": "stored", "sha256": sha256, "size_bytes": len(content)}
    land_answer(warehouse, record, purpose="download", document_id=document)
    return path


def fill(warehouse: Warehouse, portable: Path) -> None:
    """Mention her in every form that a body may have, and publish all that may be published."""
    layout = warehouse.settings.layout
    hers = as_json(her_milestone())
    warehouse.take_in(hers)
    warehouse.take_in(a_milestone("other"), hers.replace(b"@", b"\\u0040").replace(b"Janetta.", b"\\u004aanetta."))
    compact(layout)
    warehouse.land(gzip.compress(hers), headers={"content-encoding": "gzip"})
    warehouse.land(
        json.dumps(her_milestone("in words")).encode("utf-16"),
        str(her_milestone("in Python")).encode(),
        f"no json <{ADDRESS}>".encode(),
        f"\xff {ADDRESS}".encode("latin-1"),
        {"stage_id": 1, "contact": ADDRESS},
    )
    warehouse.land(a_milestone("by agent"), headers={"user-agent": f"Agent ({ADDRESS})"})
    (layout.landing / "received_date=2026-11-01" / "damaged.ndjson").write_bytes(f"half a line {ADDRESS}".encode())
    land_answer(
        warehouse, {"data": [{"m": f"/?by={ADDRESS}"}]}, purpose="dal", quote_id=an_id("q"), object="o", metrics=("m",)
    )
    store(warehouse, "hers", f"Signed by {ADDRESS}".encode())
    store(warehouse, "other", b"Signed by nobody")
    warehouse.load()
    version = warehouse.publish().version
    warehouse.close()
    acknowledge(warehouse.settings, path=ADDRESS, note=f"asked {ADDRESS}")
    write_ledger(layout, {"a": OpenAlert(Problem(key="a", text=f"drift at {ADDRESS}", recipe="x", severity="error"))})
    export_parquet(warehouse.settings)
    write_report(msgspec.structs.replace(warehouse.settings, pii="full"))
    write_copy(layout, version, portable, pii="full")
    warehouse.take_in(a_milestone("other", at="2025-03-02T00:00:00Z"))
    warehouse.land(her_milestone("pending"))


def found(warehouse: Warehouse, portable: Path) -> set[str]:
    """The folders and files in which she is found."""
    warehouse.close()
    home = {place.partition("/")[0].partition(".2")[0] for place in places_of(warehouse.settings.layout.root, *HER)}
    return home | places_of(portable.parent, *HER) if portable.exists() else home

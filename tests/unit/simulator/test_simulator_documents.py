"""The simulated document routes over real HTTP: valid PDFs of uploaded documents only."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from sighten_simulator.api.app import build_api
from sighten_simulator.serve import served
from sighten_simulator.world.lives import Life, Simulation, build_simulation

SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
SAMPLE_SUB_TASK = "030904c4-a51d-4b55-b9fe-8df2eb2d79d1"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


Get = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 150)


@pytest.fixture(scope="module")
def get(simulation: Simulation) -> Iterator[Get]:
    with served(build_api(simulation)) as address:
        yield lambda path, **params: requests.get(
            address + path, params=params, headers={"Authorization": "Token any"}, timeout=10
        )


def _document(life: Life, creation_type: str) -> dict[str, Any] | None:
    for task in life.final["tasks"]:
        for sub_task in task["sub_tasks"]:
            for document in sub_task["data"]["documents"] if isinstance(sub_task["data"], dict) else []:
                if document["creation_type"] == creation_type:
                    return dict(document)
    return None


def test_an_uploaded_document_is_a_real_pdf_and_always_the_same(get: Get) -> None:
    first, again = (get(f"/api/v1/document/{SAMPLE_DOCUMENT}/download/") for _ in range(2))

    assert "application/pdf" == first.headers["content-type"]
    assert "attachment; filename*=utf-8''Silver-Inspection%20%28Passed%29.pdf" == first.headers["content-disposition"]
    assert first.content.startswith(b"%PDF-1.4\n")
    assert first.content == again.content


def test_the_table_of_the_pdf_has_the_offset_of_each_object(get: Get) -> None:
    content = get(f"/api/v1/document/{SAMPLE_DOCUMENT}/download/").content

    table = int(content.split(b"startxref\n")[1].split(b"\n")[0])
    heading, count, first, *entries = content[table:].split(b"trailer")[0].splitlines()

    assert (b"xref", b"0 6", b"0000000000 65535 f ") == (heading, count, first)
    assert [b"%d 0 obj" % number for number in range(1, 6)] == [
        content[int(entry[:10]) :].split(b"\n")[0] for entry in entries
    ]


def test_the_sub_task_and_the_preview_give_the_same_document(get: Get) -> None:
    download = get(f"/api/v1/document/{SAMPLE_DOCUMENT}/download")
    preview = get(f"/api/v1/document/{SAMPLE_DOCUMENT}/preview")
    by_sub_task = get(f"/api/v1/sub_task/{SAMPLE_SUB_TASK}/download/")

    assert download.content == preview.content == by_sub_task.content


def test_documents_differ_and_generated_ones_are_not_found(get: Get, simulation: Simulation) -> None:
    uploaded = next(document for life in simulation.lives if (document := _document(life, "UPLOADED")))
    generated = next(document for life in simulation.lives if (document := _document(life, "GENERATED")))

    download = get(f"/api/v1/document/{uploaded['uuid']}/download/")

    assert 200 == download.status_code
    assert download.content != get(f"/api/v1/document/{SAMPLE_DOCUMENT}/download/").content
    assert 404 == get(f"/api/v1/document/{generated['uuid']}/download/").status_code
    assert 404 == get(f"/api/v1/document/{UNKNOWN}/download/").status_code


def test_a_document_that_was_replaced_can_still_be_downloaded(get: Get, simulation: Simulation) -> None:
    replaced = next(
        document_id
        for life in simulation.lives
        if not life.newer_keys and (document_id := _first_upload(life)) and document_id not in str(life.final)
    )

    assert 200 == get(f"/api/v1/document/{replaced}/download/").status_code


def _first_upload(life: Life) -> str | None:
    earliest = replace(life, states=life.states[:2])
    document = _document(earliest, "UPLOADED")
    return str(document["uuid"]) if document else None

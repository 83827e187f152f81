"""Downloads in parts: what is resumed, what restarts, and what is never stored."""

from pathlib import Path

import pytest

from sighten_warehouse.documents.body import NO_END_MARKER
from sighten_warehouse.documents.partial import OVERLAP_BYTES, try_lock
from sighten_warehouse.documents.vault import PARTIAL_FOLDER
from support.downloading import (
    DOCUMENT,
    PDF,
    SHA256,
    download,
    file_server,
    in_vault,
    partial_files,
    vault_of,
)
from support.scripted_api import Request, Response, in_order, json_response, scripted

HALF = len(PDF) // 2
FIRST = HALF - OVERLAP_BYTES  # where the rest of a half begins: some bytes come again
REST = f"bytes {FIRST}-{len(PDF) - 1}/{len(PDF)}"
PDF_HEADERS = {"Content-Type": "application/pdf"}


def test_a_document_cut_in_half_is_resumed_where_it_ended(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else None)) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256, None) == (record.download_status, record.sha256, record.reason)
    assert [(None, None), (f"bytes={FIRST}-", '"v1"')] == [
        (request.headers.get("Range"), request.headers.get("If-Range")) for request in api.requests
    ]


@pytest.mark.parametrize(
    "response",
    [
        Response(200, PDF[:HALF], PDF_HEADERS, length=len(PDF)),
        Response(200, PDF[:HALF], PDF_HEADERS, chunked=True),
        Response(200, PDF[:HALF], PDF_HEADERS, unframed=True),
        Response(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, length=len(PDF)),
        Response(200, PDF, PDF_HEADERS, length=HALF),
        Response(200, PDF[:1000], PDF_HEADERS, length=999),
        Response(200, PDF, PDF_HEADERS | {"Content-Length": "many"}),
    ],
    ids=["by its length", "by chunks", "by nothing", "with an ETag", "too little", "a byte less", "no number"],
)
def test_a_document_that_is_always_cut_in_half_is_never_stored(tmp_path: Path, response: Response) -> None:
    with scripted(in_order(response)) as api:
        record = download(tmp_path, api.url)

    assert "truncated" == record.download_status
    assert record.sha256 is None
    assert [] == in_vault(tmp_path)
    assert len(api.requests) in (4, 5)


def test_a_body_without_length_is_stored_if_it_has_the_end_marker_of_its_format(tmp_path: Path) -> None:
    with scripted(in_order(Response(200, PDF, PDF_HEADERS, unframed=True))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)


def test_a_document_that_is_complete_only_by_its_length_is_stored_with_a_warning(tmp_path: Path) -> None:
    with scripted(in_order(Response(200, PDF[:HALF], PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", NO_END_MARKER) == (record.download_status, record.reason)


def test_another_process_resumes_an_interrupted_download(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda _: 0)) as api:
        (vault_of(tmp_path) / PARTIAL_FOLDER).mkdir(parents=True)
        with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
            first = download(tmp_path, cutting.url)

    with scripted(file_server(PDF, cut=lambda _: None)) as api:
        second = download(tmp_path, api.url)

    assert ("truncated", "stored") == (first.download_status, second.download_status)
    assert [f"bytes={FIRST}-"] == [request.headers.get("Range") for request in api.requests]
    assert [] == partial_files(tmp_path)


def test_bytes_of_one_route_are_not_resumed_by_another(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
        download(tmp_path, cutting.url)

    def script(request: Request) -> Response:
        return Response(200, PDF, PDF_HEADERS) if "sub_task" in request.target else json_response({}, 404)

    with scripted(script) as api:
        record = download(tmp_path, api.url, by_sub_task=True)

    assert ("stored", "sub_task") == (record.download_status, record.route)
    assert [f"bytes={FIRST}-", None] == [request.headers.get("Range") for request in api.requests]


def test_a_partial_file_that_was_moved_into_the_vault_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / DOCUMENT
    with path.open("a+b") as late, path.open("a+b") as moved:
        path.rename(tmp_path / "stored")
        path.touch()

        assert not try_lock(late, path)
        assert not try_lock(moved, tmp_path / "gone")


def test_bytes_that_were_not_synced_before_a_crash_are_requested_again(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
        download(tmp_path, cutting.url)
    with (vault_of(tmp_path) / PARTIAL_FOLDER / DOCUMENT).open("ab") as file:
        file.write(bytes(1000))

    with scripted(file_server(PDF, cut=lambda _: None)) as api:
        record = download(tmp_path, api.url)

    assert SHA256 == record.sha256
    assert [f"bytes={FIRST}-"] == [request.headers.get("Range") for request in api.requests]


@pytest.mark.parametrize(
    "second",
    [
        Response(200, PDF, PDF_HEADERS),
        Response(416, b"", {"Content-Range": f"bytes */{HALF}"}),
        Response(206, PDF[FIRST + 1 :], {"Content-Range": f"bytes {FIRST + 1}-{len(PDF) - 1}/{len(PDF)}"}),
        Response(206, PDF[FIRST:-9] + b"123\n%%EOF", {"Content-Range": REST, "ETag": '"v2"'}),
        Response(206, PDF[FIRST:], {"Content-Range": f"bytes {FIRST}-{len(PDF)}/{len(PDF) + 1}"}),
        Response(206, PDF[FIRST:], {}),
        Response(206, PDF[:-FIRST], {"Content-Range": REST}),
    ],
    ids=["the whole", "416", "another part", "another version", "another length", "no range", "other bytes"],
)
def test_a_response_that_does_not_continue_the_partial_restarts_it(tmp_path: Path, second: Response) -> None:
    first = Response(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, length=len(PDF))
    with scripted(in_order(first, second, Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)
    assert [None, f"bytes={FIRST}-", None][: len(api.requests)] == [
        request.headers.get("Range") for request in api.requests
    ]


def test_a_range_is_used_only_if_it_gives_the_total_length(tmp_path: Path) -> None:
    cut = Response(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, chunked=True)
    endless = Response(206, PDF[FIRST:-1], PDF_HEADERS | {"Content-Range": f"bytes {FIRST}-{len(PDF) - 2}/*"})
    with_total = Response(206, PDF[FIRST:], PDF_HEADERS | {"Content-Range": REST})
    with scripted(in_order(cut, endless, Response(200, PDF))) as api:
        without_total = download(tmp_path / "without_total", api.url)
    with scripted(in_order(cut, with_total)) as another:
        record = download(tmp_path, another.url)

    assert (SHA256, SHA256) == (without_total.sha256, record.sha256)
    assert (3, 2) == (len(api.requests), len(another.requests))


def test_a_weak_etag_resumes_nothing(tmp_path: Path) -> None:
    first = Response(200, PDF[:HALF], PDF_HEADERS | {"ETag": 'W/"v1"', "Last-Modified": "now"}, length=len(PDF))
    with scripted(in_order(first, Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert "stored" == record.download_status
    assert [None, None] == [request.headers.get("Range") for request in api.requests]

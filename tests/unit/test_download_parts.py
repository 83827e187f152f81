"""A document that comes in parts: what is resumed, what begins again, and what is never taken for whole."""

from pathlib import Path

import pytest
from downloading import (
    DOCUMENT,
    PDF,
    SHA256,
    download,
    file_server,
    in_vault,
    on_the_way,
    vault_of,
)
from scripted_api import ApiRequest, Said, in_turn, said_json, scripted

from sighten_warehouse.documents.body import NO_END
from sighten_warehouse.documents.partial import OVERLAP_BYTES, is_locked
from sighten_warehouse.documents.vault import PARTIAL_FOLDER

HALF = len(PDF) // 2
FIRST = HALF - OVERLAP_BYTES  # where the rest of a half begins: some bytes come again
REST = f"bytes {FIRST}-{len(PDF) - 1}/{len(PDF)}"
PDF_HEADERS = {"Content-Type": "application/pdf"}


def test_a_document_cut_in_half_is_resumed_where_it_ended(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else None)) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256, None) == (record.download_status, record.sha256, record.reason)
    assert [(None, None), (f"bytes={FIRST}-", '"v1"')] == [
        (asked.headers.get("Range"), asked.headers.get("If-Range")) for asked in api.asked
    ]


@pytest.mark.parametrize(
    "said",
    [
        Said(200, PDF[:HALF], PDF_HEADERS, length=len(PDF)),
        Said(200, PDF[:HALF], PDF_HEADERS, chunked=True),
        Said(200, PDF[:HALF], PDF_HEADERS, unframed=True),
        Said(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, length=len(PDF)),
        Said(200, PDF, PDF_HEADERS, length=HALF),
        Said(200, PDF[:1000], PDF_HEADERS, length=999),
        Said(200, PDF, PDF_HEADERS | {"Content-Length": "many"}),
    ],
    ids=["by its length", "by chunks", "by nothing", "with an ETag", "too little", "a byte less", "no number"],
)
def test_a_document_that_is_always_cut_in_half_is_never_stored(tmp_path: Path, said: Said) -> None:
    with scripted(in_turn(said)) as api:
        record = download(tmp_path, api.url)

    assert "truncated" == record.download_status
    assert record.sha256 is None
    assert [] == in_vault(tmp_path)
    assert len(api.asked) in (4, 5)


def test_a_body_that_only_its_format_tells_the_end_of_is_stored_when_that_is_there(tmp_path: Path) -> None:
    with scripted(in_turn(Said(200, PDF, PDF_HEADERS, unframed=True))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)


def test_a_document_that_is_whole_by_its_length_alone_is_stored_with_a_doubt(tmp_path: Path) -> None:
    with scripted(in_turn(Said(200, PDF[:HALF], PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", NO_END) == (record.download_status, record.reason)


def test_another_process_goes_on_where_one_was_cut_off(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda _: 0)) as api:
        (vault_of(tmp_path) / PARTIAL_FOLDER).mkdir(parents=True)
        with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
            first = download(tmp_path, cutting.url)

    with scripted(file_server(PDF, cut=lambda _: None)) as api:
        second = download(tmp_path, api.url)

    assert ("truncated", "stored") == (first.download_status, second.download_status)
    assert [f"bytes={FIRST}-"] == [asked.headers.get("Range") for asked in api.asked]
    assert [] == on_the_way(tmp_path)


def test_what_came_by_one_route_is_not_continued_by_another(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
        download(tmp_path, cutting.url)

    def script(asked: ApiRequest) -> Said:
        return Said(200, PDF, PDF_HEADERS) if "sub_task" in asked.target else said_json({}, 404)

    with scripted(script) as api:
        record = download(tmp_path, api.url, by_sub_task=True)

    assert ("stored", "sub_task") == (record.download_status, record.route)
    assert [f"bytes={FIRST}-", None] == [asked.headers.get("Range") for asked in api.asked]


def test_a_file_that_another_process_has_moved_into_the_vault_is_no_longer_to_be_written_to(tmp_path: Path) -> None:
    path = tmp_path / DOCUMENT
    with path.open("a+b") as late, path.open("a+b") as moved:
        path.rename(tmp_path / "stored")
        path.touch()

        assert not is_locked(late, path)
        assert not is_locked(moved, tmp_path / "gone")


def test_bytes_that_were_not_synced_before_a_crash_are_asked_for_again(tmp_path: Path) -> None:
    with scripted(file_server(PDF, cut=lambda number: HALF if number == 1 else 0)) as cutting:
        download(tmp_path, cutting.url)
    with (vault_of(tmp_path) / PARTIAL_FOLDER / DOCUMENT).open("ab") as file:
        file.write(bytes(1000))

    with scripted(file_server(PDF, cut=lambda _: None)) as api:
        record = download(tmp_path, api.url)

    assert SHA256 == record.sha256
    assert [f"bytes={FIRST}-"] == [asked.headers.get("Range") for asked in api.asked]


@pytest.mark.parametrize(
    "second",
    [
        Said(200, PDF, PDF_HEADERS),
        Said(416, b"", {"Content-Range": f"bytes */{HALF}"}),
        Said(206, PDF[FIRST + 1 :], {"Content-Range": f"bytes {FIRST + 1}-{len(PDF) - 1}/{len(PDF)}"}),
        Said(206, PDF[FIRST:-9] + b"123\n%%EOF", {"Content-Range": REST, "ETag": '"v2"'}),
        Said(206, PDF[FIRST:], {"Content-Range": f"bytes {FIRST}-{len(PDF)}/{len(PDF) + 1}"}),
        Said(206, PDF[FIRST:], {}),
        Said(206, PDF[:-FIRST], {"Content-Range": REST}),
    ],
    ids=["the whole", "416", "another part", "another version", "another length", "no range", "other bytes"],
)
def test_what_does_not_continue_what_is_there_begins_again(tmp_path: Path, second: Said) -> None:
    first = Said(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, length=len(PDF))
    with scripted(in_turn(first, second, Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)
    assert [None, f"bytes={FIRST}-", None][: len(api.asked)] == [asked.headers.get("Range") for asked in api.asked]


def test_a_rest_is_taken_only_where_it_is_told_how_long_the_whole_is(tmp_path: Path) -> None:
    cut = Said(200, PDF[:HALF], PDF_HEADERS | {"ETag": '"v1"'}, chunked=True)
    endless = Said(206, PDF[FIRST:-1], PDF_HEADERS | {"Content-Range": f"bytes {FIRST}-{len(PDF) - 2}/*"})
    told = Said(206, PDF[FIRST:], PDF_HEADERS | {"Content-Range": REST})
    with scripted(in_turn(cut, endless, Said(200, PDF))) as api:
        untold = download(tmp_path / "untold", api.url)
    with scripted(in_turn(cut, told)) as another:
        record = download(tmp_path, another.url)

    assert (SHA256, SHA256) == (untold.sha256, record.sha256)
    assert (3, 2) == (len(api.asked), len(another.asked))


def test_a_weak_etag_resumes_nothing(tmp_path: Path) -> None:
    first = Said(200, PDF[:HALF], PDF_HEADERS | {"ETag": 'W/"v1"', "Last-Modified": "now"}, length=len(PDF))
    with scripted(in_turn(first, Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert "stored" == record.download_status
    assert [None, None] == [asked.headers.get("Range") for asked in api.asked]

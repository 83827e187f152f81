"""Downloads of one document from a scripted API: what is stored and what is not."""

import base64
import gzip
import hashlib
import json
import os
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.documents.partial import open_partial
from sighten_warehouse.documents.step import download_each
from sighten_warehouse.documents.vault import PARTIAL_FOLDER
from sighten_warehouse.errors import AuthenticationError, CircuitOpenError, StorageError
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from support.downloading import (
    DOCUMENT,
    OTHER_ROUTE,
    PDF,
    ROUTE,
    SHA256,
    download,
    in_vault,
    partial_files,
    settings_for,
    vault_of,
)
from support.factories import an_id
from support.scripted_api import TOKEN, FakeClock, Request, Response, in_order, json_response, scripted

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF_HEADERS = {"Content-Type": "application/pdf"}


def base64_of(algorithm: str, content: bytes = PDF) -> str:
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def test_a_document_is_stored_by_its_hash_read_only_and_once(tmp_path: Path) -> None:
    with scripted(in_order(Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    stored = vault_of(tmp_path).parent / str(record.vault_path)
    assert "stored" == record.download_status
    assert (SHA256, len(PDF), "application/pdf") == (record.sha256, record.size_bytes, record.mime_type)
    assert f"vault/{SHA256[:2]}/{SHA256}" == record.vault_path
    assert PDF == stored.read_bytes()
    assert 0o400 == stored.stat().st_mode & 0o777
    assert [] == partial_files(tmp_path)
    assert [(ROUTE, f"Token {TOKEN}", "identity")] == [
        (request.target, request.token, request.headers["Accept-Encoding"]) for request in api.requests
    ]


def test_documents_of_the_same_bytes_share_a_file_even_when_they_come_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def script(_: Request) -> Response:
        together.wait(10)
        return Response(200, PDF, PDF_HEADERS)

    due = [DueDocument(an_id(f"document {number}")) for number in range(4)]
    with scripted(script) as api:
        settings = settings_for(tmp_path, api.url)
        outcomes = list(download_each(settings, due, clock=FakeClock(), priority="live"))

    assert ["stored"] * 4 == [record.download_status for record in outcomes if isinstance(record, DownloadRecord)]
    assert [PDF] == in_vault(tmp_path)


def test_a_transient_error_inside_a_200_is_not_part_of_the_document(tmp_path: Path) -> None:
    busy = json_response({"status_code": 503, "messages": {"error": ["x" * 5000]}}, ETag='"v1"')
    with scripted(in_order(busy, Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)
    assert [None, None] == [request.headers.get("Range") for request in api.requests]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-MD5": base64_of("md5")},
        {"Digest": f"sha-256={base64_of('sha256')}"},
        {"Repr-Digest": f"sha-256=:{base64_of('sha256')}:, unknown=:AA==:"},
        {"Content-Digest": f"sha-512=:{base64_of('sha512')}:"},
        {"Content-MD5": "not base64", "ETag": '"0123456789abcdef0123456789abcdef"'},
    ],
)
def test_an_announced_hash_is_checked(tmp_path: Path, headers: dict[str, str]) -> None:
    with scripted(in_order(Response(200, PDF, PDF_HEADERS | headers))) as api:
        right = download(tmp_path, api.url)
    other = PDF.replace(b"\x01", b"\x02", 1)
    with scripted(in_order(Response(200, other, PDF_HEADERS | headers))) as api:
        wrong = download(tmp_path, api.url)

    is_hash = "ETag" not in headers
    assert "stored" == right.download_status
    assert ("wrong_hash" if is_hash else "stored") == wrong.download_status
    assert (4 if is_hash else 1) == len(api.requests)


def test_a_compressed_response_is_stored_decompressed(tmp_path: Path) -> None:
    body = gzip.compress(PDF)
    headers = PDF_HEADERS | {"Content-Encoding": "gzip", "Content-MD5": base64_of("md5", body)}
    with scripted(in_order(Response(200, body, headers))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (json_response({"detail": "Not found."}, 404), "not_found"),
        (json_response({"detail": "No."}, 403), "forbidden"),
        (json_response({"detail": "Bad."}, 400), "refused"),
        (Response(200, b"", PDF_HEADERS), "empty"),
        (Response(204, b""), "empty"),
        (Response(200, b"<!DOCTYPE html><html><body>Sorry", {"Content-Type": "text/html"}), "not_a_document"),
        (Response(200, b"\n <html lang=en><body>Sorry", PDF_HEADERS), "not_a_document"),
        (Response(200, b"Sorry, try again later", {"Content-Type": "text/html; charset=utf-8"}), "not_a_document"),
        (json_response({"detail": "Try later."}), "not_a_document"),
        (json_response({"status_code": 404, "messages": {"error": ["gone"]}}), "not_found"),
        (json_response({"status_code": 403}), "forbidden"),
        (Response(200, b'{"detail": "as text"}', {"Content-Type": "text/plain"}), "not_a_document"),
        (Response(302, b""), "refused"),
    ],
)
def test_a_response_that_is_not_a_document_is_recorded_and_not_retried(
    tmp_path: Path, response: Response, status: str
) -> None:
    with scripted(in_order(response)) as api:
        record = download(tmp_path, api.url)

    assert status == record.download_status
    assert [] == in_vault(tmp_path) + partial_files(tmp_path)
    assert 1 == len(api.requests)


@pytest.mark.parametrize(
    ("name", "body", "content_type", "mime_type"),
    [
        ("page.html", b"<!DOCTYPE html><html><body>A page", "text/html", "text/html"),
        ("list.json", b'[{"a": 1}]', "application/json", "application/json"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(50), "text/html", "image/jpeg"),
        (None, b"just text", "application/octet-stream", "text/plain"),
        ("notes.txt", b"BM is not always a bitmap", "text/plain", "text/plain"),
        ("plan.docx", b"PK\x03\x04" + bytes(50), "application/zip", DOCX),
        ("plan.zip", b"PK\x03\x04" + bytes(50), "application/zip", "application/zip"),
        ("plan", b"PK\x03\x04" + bytes(50), "application/zip", "application/zip"),
        ("signed.pdf", b"%PDF-1.4 in letters alone\n%%EOF", "application/octet-stream", "application/pdf"),
        ("../../etc/passwd\0\n", b"\0\1\2\3", "application/pdf", "application/octet-stream"),
    ],
)
def test_the_mime_type_comes_from_the_bytes_and_the_name(
    tmp_path: Path, name: str | None, body: bytes, content_type: str, mime_type: str
) -> None:
    with scripted(in_order(Response(200, body, {"Content-Type": content_type}))) as api:
        record = download(tmp_path, api.url, name=name)

    assert ("stored", mime_type) == (record.download_status, record.mime_type)
    assert [body] == in_vault(tmp_path)


def test_after_404_the_route_by_sub_task_is_tried(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return Response(200, PDF, PDF_HEADERS) if "sub_task" in request.target else json_response({}, 404)

    with scripted(script) as api:
        alone = download(tmp_path, api.url)
        record = download(tmp_path, api.url, by_sub_task=True)

    assert ("not_found", "document") == (alone.download_status, alone.route)
    assert ("stored", "sub_task") == (record.download_status, record.route)
    assert [ROUTE, ROUTE, OTHER_ROUTE] == api.targets


def test_a_404_without_json_is_tried_in_the_other_slash_style(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return Response(404, b"no such page") if request.target.endswith("/") else Response(200, PDF, PDF_HEADERS)

    with scripted(script) as api:
        record = download(tmp_path, api.url)

    assert "stored" == record.download_status
    assert [ROUTE, ROUTE[:-1]] == api.targets


def test_a_failing_server_is_retried_and_then_left_for_later(tmp_path: Path) -> None:
    with scripted(in_order(Response(503), Response(hang_up=True), Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)
    with scripted(in_order(Response(500))) as broken:
        later = download(tmp_path, broken.url)

    assert ("stored", 3) == (record.download_status, len(api.requests))
    assert ("unreachable", 5) == (later.download_status, len(broken.requests))


def test_an_unknown_token_stops_all_downloads_and_names_the_settings(tmp_path: Path) -> None:
    due = [DueDocument(an_id(f"document {number}")) for number in range(50)]
    with (
        scripted(in_order(json_response({"detail": "Invalid token."}, 401))) as api,
        pytest.raises(AuthenticationError, match=r"SIGHTEN_API_TOKEN.*sighten_default"),
    ):
        list(download_each(settings_for(tmp_path, api.url), due, clock=FakeClock(), priority="live"))

    assert len(api.requests) < 10


def test_an_api_that_is_down_is_not_called_for_every_document(tmp_path: Path) -> None:
    due = [DueDocument(an_id(f"document {number}")) for number in range(50)]
    retry_policy = RetryPolicy(attempts=1)
    with scripted(in_order(Response(500))) as api:
        settings = settings_for(tmp_path, api.url)
        outcomes = list(download_each(settings, due, clock=FakeClock(), priority="live", retry_policy=retry_policy))

    assert any(isinstance(outcome, CircuitOpenError) for outcome in outcomes)
    assert len(api.requests) < 10


def test_a_document_that_another_process_downloads_is_skipped(tmp_path: Path) -> None:
    with (
        scripted(in_order(Response(200, PDF, PDF_HEADERS))) as api,
        open_partial(vault_of(tmp_path) / PARTIAL_FOLDER, DOCUMENT),
    ):
        settings = settings_for(tmp_path, api.url)
        outcomes = list(download_each(settings, [DueDocument(DOCUMENT)], clock=FakeClock(), priority="live"))

    assert [None] == outcomes
    assert [] == api.requests


def test_a_disk_error_is_raised_and_nothing_is_recorded(tmp_path: Path) -> None:
    vault = vault_of(tmp_path)
    vault.parent.mkdir(parents=True)
    vault.write_text("a file where a folder is needed")

    with (
        scripted(in_order(Response(200, PDF, PDF_HEADERS))) as api,
        pytest.raises(StorageError, match="expected to store documents"),
    ):
        download(tmp_path, api.url)

    assert [] == list((vault.parent / "landing").rglob("*.ndjson"))


def test_the_record_is_landed_whole_and_without_the_token(tmp_path: Path) -> None:
    with scripted(in_order(Response(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    [file] = (vault_of(tmp_path).parent / "landing").rglob("*.ndjson")
    line = json.loads(file.read_text())
    assert record.sha256 == line["payload"]["sha256"]
    assert "application/vnd.sighten-warehouse.download+json" == line["content_type"]
    assert TOKEN not in file.read_text()


def test_memory_does_not_grow_with_the_document(tmp_path: Path) -> None:
    content = os.urandom(1024 * 1024) * 40
    with scripted(in_order(Response(200, content))) as api:
        tracemalloc.start()
        with ThreadPoolExecutor(1) as pool:
            record = pool.submit(download, tmp_path, api.url).result()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert "stored" == record.download_status
    assert peak < 8 * 1024 * 1024

"""One document from a scripted API: what is stored, and what is not."""

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
from downloading import (
    DOCUMENT,
    OTHER_ROUTE,
    PDF,
    ROUTE,
    SHA256,
    download,
    in_vault,
    on_the_way,
    settings_for,
    vault_of,
)
from scripted_api import TOKEN, ApiRequest, FakeClock, Said, in_turn, said_json, scripted

from factories import an_id
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.documents.partial import partial_of
from sighten_warehouse.documents.step import outcomes_of
from sighten_warehouse.documents.vault import PARTIAL_FOLDER
from sighten_warehouse.errors import AuthenticationError, CircuitOpenError, StorageError
from sighten_warehouse.payload.answers.downloads import DownloadRecord

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF_HEADERS = {"Content-Type": "application/pdf"}


def base64_of(algorithm: str, content: bytes = PDF) -> str:
    return base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def test_a_document_is_stored_by_its_hash_read_only_and_once(tmp_path: Path) -> None:
    with scripted(in_turn(Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    stored = vault_of(tmp_path).parent / str(record.vault_path)
    assert "stored" == record.download_status
    assert (SHA256, len(PDF), "application/pdf") == (record.sha256, record.size_bytes, record.mime_type)
    assert f"vault/{SHA256[:2]}/{SHA256}" == record.vault_path
    assert PDF == stored.read_bytes()
    assert 0o444 == stored.stat().st_mode & 0o777
    assert [] == on_the_way(tmp_path)
    assert [(ROUTE, f"Token {TOKEN}", "identity")] == [
        (asked.target, asked.token, asked.headers["Accept-Encoding"]) for asked in api.asked
    ]


def test_documents_of_the_same_bytes_share_a_file_even_when_they_come_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def script(_: ApiRequest) -> Said:
        together.wait(10)
        return Said(200, PDF, PDF_HEADERS)

    due = [DueDocument(an_id(f"document {number}")) for number in range(4)]
    with scripted(script) as api:
        settings = settings_for(tmp_path, api.url)
        outcomes = list(outcomes_of(settings, due, clock=FakeClock(), priority="live"))

    assert ["stored"] * 4 == [one.download_status for one in outcomes if isinstance(one, DownloadRecord)]
    assert [PDF] == in_vault(tmp_path)


def test_an_error_inside_a_200_that_may_pass_is_no_part_of_the_document(tmp_path: Path) -> None:
    busy = said_json({"status_code": 503, "messages": {"error": ["x" * 5000]}}, ETag='"v1"')
    with scripted(in_turn(busy, Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)
    assert [None, None] == [asked.headers.get("Range") for asked in api.asked]


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
def test_a_hash_that_is_announced_is_checked(tmp_path: Path, headers: dict[str, str]) -> None:
    with scripted(in_turn(Said(200, PDF, PDF_HEADERS | headers))) as api:
        right = download(tmp_path, api.url)
    other = PDF.replace(b"\x01", b"\x02", 1)
    with scripted(in_turn(Said(200, other, PDF_HEADERS | headers))) as api:
        wrong = download(tmp_path, api.url)

    is_hash = "ETag" not in headers
    assert "stored" == right.download_status
    assert ("wrong_hash" if is_hash else "stored") == wrong.download_status
    assert (4 if is_hash else 1) == len(api.asked)


def test_a_document_that_comes_compressed_all_the_same_is_stored_as_it_is(tmp_path: Path) -> None:
    body = gzip.compress(PDF)
    headers = PDF_HEADERS | {"Content-Encoding": "gzip", "Content-MD5": base64_of("md5", body)}
    with scripted(in_turn(Said(200, body, headers))) as api:
        record = download(tmp_path, api.url)

    assert ("stored", SHA256) == (record.download_status, record.sha256)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (said_json({"detail": "Not found."}, 404), "not_found"),
        (said_json({"detail": "No."}, 403), "forbidden"),
        (said_json({"detail": "Bad."}, 400), "refused"),
        (Said(200, b"", PDF_HEADERS), "empty"),
        (Said(204, b""), "empty"),
        (Said(200, b"<!DOCTYPE html><html><body>Sorry", {"Content-Type": "text/html"}), "not_a_document"),
        (Said(200, b"\n <html lang=en><body>Sorry", PDF_HEADERS), "not_a_document"),
        (Said(200, b"Sorry, try again later", {"Content-Type": "text/html; charset=utf-8"}), "not_a_document"),
        (said_json({"detail": "Try later."}), "not_a_document"),
        (said_json({"status_code": 404, "messages": {"error": ["gone"]}}), "not_found"),
        (said_json({"status_code": 403}), "forbidden"),
        (Said(200, b'{"detail": "as text"}', {"Content-Type": "text/plain"}), "not_a_document"),
        (Said(302, b""), "refused"),
    ],
)
def test_what_is_no_document_is_a_state_of_it_and_asked_for_once(tmp_path: Path, said: Said, status: str) -> None:
    with scripted(in_turn(said)) as api:
        record = download(tmp_path, api.url)

    assert status == record.download_status
    assert [] == in_vault(tmp_path) + on_the_way(tmp_path)
    assert 1 == len(api.asked)


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
def test_the_bytes_tell_what_a_document_is_and_its_name_what_to_expect(
    tmp_path: Path, name: str | None, body: bytes, content_type: str, mime_type: str
) -> None:
    with scripted(in_turn(Said(200, body, {"Content-Type": content_type}))) as api:
        record = download(tmp_path, api.url, name=name)

    assert ("stored", mime_type) == (record.download_status, record.mime_type)
    assert [body] == in_vault(tmp_path)


def test_after_404_the_route_by_sub_task_is_tried(tmp_path: Path) -> None:
    def script(asked: ApiRequest) -> Said:
        return Said(200, PDF, PDF_HEADERS) if "sub_task" in asked.target else said_json({}, 404)

    with scripted(script) as api:
        alone = download(tmp_path, api.url)
        record = download(tmp_path, api.url, by_sub_task=True)

    assert ("not_found", "document") == (alone.download_status, alone.route)
    assert ("stored", "sub_task") == (record.download_status, record.route)
    assert [ROUTE, ROUTE, OTHER_ROUTE] == api.targets


def test_a_404_without_json_is_asked_in_the_other_slash_style(tmp_path: Path) -> None:
    def script(asked: ApiRequest) -> Said:
        return Said(404, b"no such page") if asked.target.endswith("/") else Said(200, PDF, PDF_HEADERS)

    with scripted(script) as api:
        record = download(tmp_path, api.url)

    assert "stored" == record.download_status
    assert [ROUTE, ROUTE[:-1]] == api.targets


def test_a_server_in_trouble_is_asked_again_and_then_left_for_later(tmp_path: Path) -> None:
    with scripted(in_turn(Said(503), Said(hang_up=True), Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)
    with scripted(in_turn(Said(500))) as broken:
        later = download(tmp_path, broken.url)

    assert ("stored", 3) == (record.download_status, len(api.asked))
    assert ("unreachable", 5) == (later.download_status, len(broken.asked))


def test_an_unknown_token_stops_everything_and_says_where_to_look(tmp_path: Path) -> None:
    due = [DueDocument(an_id(f"document {number}")) for number in range(50)]
    with (
        scripted(in_turn(said_json({"detail": "Invalid token."}, 401))) as api,
        pytest.raises(AuthenticationError, match=r"SIGHTEN_API_TOKEN.*sighten_default"),
    ):
        list(outcomes_of(settings_for(tmp_path, api.url), due, clock=FakeClock(), priority="live"))

    assert len(api.asked) < 10


def test_an_api_that_is_down_is_not_asked_for_every_document(tmp_path: Path) -> None:
    due = [DueDocument(an_id(f"document {number}")) for number in range(50)]
    retry_policy = RetryPolicy(attempts=1)
    with scripted(in_turn(Said(500))) as api:
        settings = settings_for(tmp_path, api.url)
        outcomes = list(outcomes_of(settings, due, clock=FakeClock(), priority="live", retry_policy=retry_policy))

    assert any(isinstance(one, CircuitOpenError) for one in outcomes)
    assert len(api.asked) < 10


def test_a_document_that_somebody_else_is_at_is_left_to_them(tmp_path: Path) -> None:
    with (
        scripted(in_turn(Said(200, PDF, PDF_HEADERS))) as api,
        partial_of(vault_of(tmp_path) / PARTIAL_FOLDER, DOCUMENT),
    ):
        settings = settings_for(tmp_path, api.url)
        outcomes = list(outcomes_of(settings, [DueDocument(DOCUMENT)], clock=FakeClock(), priority="live"))

    assert [None] == outcomes
    assert [] == api.asked


def test_a_disk_that_refuses_is_said_and_nothing_is_recorded(tmp_path: Path) -> None:
    vault = vault_of(tmp_path)
    vault.parent.mkdir(parents=True)
    vault.write_text("a file where a folder is needed")

    with (
        scripted(in_turn(Said(200, PDF, PDF_HEADERS))) as api,
        pytest.raises(StorageError, match="expected to store documents"),
    ):
        download(tmp_path, api.url)

    assert [] == list((vault.parent / "landing").rglob("*.ndjson"))


def test_the_record_is_landed_whole_and_without_the_token(tmp_path: Path) -> None:
    with scripted(in_turn(Said(200, PDF, PDF_HEADERS))) as api:
        record = download(tmp_path, api.url)

    [file] = (vault_of(tmp_path).parent / "landing").rglob("*.ndjson")
    line = json.loads(file.read_text())
    assert record.sha256 == line["payload"]["sha256"]
    assert "application/vnd.sighten-warehouse.download+json" == line["content_type"]
    assert TOKEN not in file.read_text()


def test_memory_does_not_grow_with_the_document(tmp_path: Path) -> None:
    content = os.urandom(1024 * 1024) * 40
    with scripted(in_turn(Said(200, content))) as api:
        tracemalloc.start()
        with ThreadPoolExecutor(1) as pool:
            record = pool.submit(download, tmp_path, api.url).result()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert "stored" == record.download_status
    assert peak < 8 * 1024 * 1024

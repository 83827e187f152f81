import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from sighten_warehouse.landing.files import landing_files, read_raw_lines, write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import LandingLine, landing_line, parse_landing_line

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAMPLE = Path(__file__).parents[3] / "include/sighten_simulator/world/sample_milestone.verbatim.txt"

STRICT_JSON = [
    b'{"status": "APPROVED", "comment": "caf\xc3\xa9"}',
    b"null",
    b"-0",
    b"1e308",
    b"12345678901234567890123456789",
    b"1" * 400,
    b"-1e-9999",
    b'"\\u0000"',
    b'{"a\\u0000":1}',
    b'{"a":1,"a":2}',
    b'"\\ud83d\\ude00"',
    b'"\xe2\x80\xa8"',
    b'"1e999 [[[ \\" ]"',
    b"[" * 200 + b"]" * 200,
    b'["\\\\", "' + b"[" * 300 + b'"]',
    b'{"numbers": [' + b"1e10," * 1000 + b"1e300]}",
]
KEPT_WHOLE = [
    b"",
    b" ",
    b"{'status': 'APPROVED', 'stale': False}",
    b'{"stale": False}',
    b"<milestone/>",
    b"a=1&b=2",
    b"NaN",
    b"[1,]",
    b"01",
    b"1e999",
    b"-1E+400",
    b"[" + b"9" * 400 + b".0]",
    b"1" * 4301,
    b'"\\ud800"',
    b'{"comment": "a line break of Excel\x0bin a comment"}',
    b"\xef\xbb\xbf{}",
    b'{"a":1}{"b":2}',
    b'"never closed',
    b"[" * 201 + b"]" * 201,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 150 + b"[" * 51 + b"]" * 51 + b"}" * 150,
    b'["\\\\", ' + b"[" * 300 + b"]" * 300 + b"]",
]
BINARY = [b"\xff\xfe{\x00}\x00", b'"\xed\xa0\x80"', b"\x1f\x8b\x08\x00", bytes(range(256)), b"\x00" * 100]
AROUND_JSON = [b'{"a":1}\n', b' {"a":1}', b'{"a":1}\t', b'{\r\n "a": 1\r\n}\r\n', b"\n\n[1]"]


def landed(body: bytes, **facts: object) -> LandingLine:
    line = landing_line(body, landing_id=new_landing_id(), received_at=NOON, **facts)  # type: ignore[arg-type]
    assert 1 == line.count(b"\n")
    return parse_landing_line(line.removesuffix(b"\n"))


@pytest.mark.parametrize("body", STRICT_JSON, ids=lambda body: repr(body[:24]))
def test_a_strict_json_body_is_embedded_verbatim(body: bytes) -> None:
    line = landed(body)

    assert body == bytes(line.payload)
    assert line.body is None
    assert body == line.body_as_received()


@pytest.mark.parametrize("body", KEPT_WHOLE, ids=lambda body: repr(body[:24]))
def test_any_other_text_is_kept_whole_as_text(body: bytes) -> None:
    line = landed(body)

    assert b"null" == bytes(line.payload)
    assert body.decode() == line.body
    assert "utf-8" == line.body_encoding
    assert body == line.body_as_received()


@pytest.mark.parametrize("body", BINARY, ids=lambda body: repr(body[:24]))
def test_a_binary_body_is_kept_whole_as_base64(body: bytes) -> None:
    line = landed(body)

    assert b"null" == bytes(line.payload)
    assert base64.b64encode(body).decode() == line.body
    assert "base64" == line.body_encoding
    assert body == line.body_as_received()


@pytest.mark.parametrize("body", AROUND_JSON, ids=repr)
def test_white_space_that_the_line_cannot_hold_is_kept_beside_the_payload(body: bytes) -> None:
    line = landed(body)

    assert json.loads(body) == json.loads(bytes(line.payload))
    assert body == line.body_as_received()


@pytest.mark.parametrize("body", STRICT_JSON + KEPT_WHOLE + BINARY + AROUND_JSON, ids=lambda body: repr(body[:24]))
def test_every_line_is_readable_by_duckdb_and_by_python(tmp_path: Path, body: bytes) -> None:
    after = landing_line(b'{"after": 1}', landing_id=new_landing_id(), received_at=NOON)
    name = write_landing_file(
        tmp_path, [landing_line(body, landing_id=new_landing_id(), received_at=NOON), after], received_at=NOON
    )

    rows = (
        duckdb.connect()
        .execute(
            "select body_bytes from read_json(?, format = 'newline_delimited', maximum_object_size = 100000000, "
            "columns = {landing_id: 'varchar', payload: 'json', body: 'varchar', body_bytes: 'bigint'})",
            [str(tmp_path / name)],
        )
        .fetchall()
    )

    assert [(len(body),), (12,)] == rows
    assert len(body) == json.loads(next(read_raw_lines(tmp_path / name)))["body_bytes"]


def test_the_vendors_sample_comes_back_byte_for_byte() -> None:
    body = SAMPLE.read_bytes()

    line = landed(body)

    assert body == line.body_as_received()
    assert hashlib.sha256(body).hexdigest() == line.body_sha256
    assert len(body) == line.body_bytes


def test_a_line_has_the_time_and_the_request_of_its_delivery() -> None:
    line = landed(b"{}", method="PUT", content_type="application/json", headers={"Webhook-Id": "msg_1"})

    assert "2026-11-23T12:00:00.000000Z" == line.received_at
    assert "webhook" == line.source
    assert "PUT" == line.method
    assert "application/json" == line.content_type
    assert {"webhook-id": "msg_1"} == line.headers


def test_credentials_and_cookies_are_not_landed() -> None:
    line = landed(
        b"{}",
        headers={
            "Authorization": "Token secret",
            "Cookie": "session=secret",
            "X-Sighten-Signature": "secret",
            "Webhook-Signature": "secret",
            "Content-Encoding": "gzip",
        },
    )

    assert {"content-encoding": "gzip"} == line.headers


def test_a_landing_file_is_in_the_folder_of_its_utc_date(tmp_path: Path) -> None:
    first = write_landing_file(tmp_path, [b"1\n"], received_at=datetime.fromisoformat("2026-11-23T23:30:00-08:00"))
    second = write_landing_file(tmp_path, [b"2\n"], received_at=NOON)

    assert first.startswith("received_date=2026-11-24/")
    assert [second, first] == landing_files(tmp_path)


def test_hidden_and_foreign_files_are_not_landing_files(tmp_path: Path) -> None:
    name = write_landing_file(tmp_path, [b"1\n"], received_at=NOON)
    folder = (tmp_path / name).parent
    (folder / ".half.ndjson.1.tmp").write_bytes(b"")
    (folder / ".half.ndjson").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"")

    assert [name] == landing_files(tmp_path)


def compressed(path: Path, lines: list[bytes]) -> bytes:
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(b"".join(line + b"\n" for line in lines))
    return path.read_bytes()


def test_plain_and_compressed_landing_files_give_the_same_lines(tmp_path: Path) -> None:
    lines = [b"%d\r \xe2\x80\xa8" % number for number in range(5000)]
    plain, zst = tmp_path / "a.ndjson", tmp_path / "a.ndjson.zst"
    plain.write_bytes(b"\n".join(lines))
    compressed(zst, lines)

    assert lines == list(read_raw_lines(plain))
    assert lines == list(read_raw_lines(zst))


def test_several_zstd_frames_in_one_file_are_read_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.zst"
    path.write_bytes(compressed(path, [b"1", b"2"]) + compressed(path, [b"3"]))

    assert [b"1", b"2", b"3"] == list(read_raw_lines(path))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
def test_a_compressed_file_that_is_cut_off_is_an_error_and_not_fewer_lines(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.ndjson.zst"
    whole = compressed(path, [hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(5000)])
    path.write_bytes(whole[: int(len(whole) * kept)])

    with pytest.raises(OSError, match=r"Truncated|empty"):
        list(read_raw_lines(path))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 5000,
        landing_line(b"{}", landing_id="no uuid", received_at=NOON).strip(),
        landing_line(b"{}", landing_id=new_landing_id(), received_at=NOON).replace(b"2026-11-23T", b"yesterday "),
        landing_line(b"{}", landing_id=new_landing_id(), received_at=NOON)[:-10],
    ],
)
def test_a_malformed_landing_line_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not a landing line"):
        parse_landing_line(raw)

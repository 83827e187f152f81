"""Decoding bytes to text, within bounds."""

import gzip
import zlib

import pytest

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.decode import MAX_DECODED_BYTES, decode_body

TEXT = '{"name": "Müller – 測試"}'


@pytest.mark.parametrize("text", [TEXT, '{"plain": "ascii"}'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_any_unicode_encoding_is_recognised(encoding: str, text: str) -> None:
    decoded = decode_body(text.encode(encoding), headers={}, content_type="application/json")

    assert text == decoded.lstrip("\ufeff")


def test_a_character_set_is_taken_from_the_content_type() -> None:
    assert "Müller" == decode_body(
        "Müller".encode("latin-1"), headers={}, content_type='text/plain; charset="ISO-8859-1"'
    )


@pytest.mark.parametrize("charset", ["nonsense", "rot13", "base64", "hex"])
def test_an_unknown_character_set_is_rejected(charset: str) -> None:
    with pytest.raises(RejectedError, match="not_text"):
        decode_body(b"\xff\xfa", headers={}, content_type=f"text/plain; charset={charset}")


def test_binary_bytes_are_rejected_with_their_place() -> None:
    with pytest.raises(RejectedError, match="byte 3"):
        decode_body(b'{"a\xff": 1}', headers={}, content_type=None)


@pytest.mark.parametrize(
    ("encoding", "compressed"),
    [
        ("gzip", gzip.compress(TEXT.encode(), mtime=0)),
        ("deflate", zlib.compress(TEXT.encode())),
        ("deflate", zlib.compress(TEXT.encode(), wbits=-15)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT.encode()), mtime=0)),
        ("identity", TEXT.encode()),
        ("gzip", gzip.compress(TEXT.encode()[:9], mtime=0) + gzip.compress(TEXT.encode()[9:], mtime=0)),
    ],
)
def test_compressed_bodies_are_read(encoding: str, compressed: bytes) -> None:
    assert TEXT == decode_body(compressed, headers={"content-encoding": encoding}, content_type=None)


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("gzip", gzip.compress(bytes(MAX_DECODED_BYTES + 1), 1, mtime=0), "too_big"),
        ("gzip", gzip.compress(TEXT.encode(), mtime=0)[:-12], "cut_off"),
        ("gzip", TEXT.encode(), "not_compressed"),
        ("br", TEXT.encode(), "unknown_encoding"),
        ("gzip", b"", "cut_off"),
        ("gzip", gzip.compress(TEXT.encode(), mtime=0) + b"and more", "not_compressed"),
        ("deflate", zlib.compress(TEXT.encode()) + b"and more", "not_compressed"),
        ("gzip", gzip.compress(b"", mtime=0) * 10_001, "not_compressed"),
        ("gzip", gzip.compress(bytes(MAX_DECODED_BYTES), 1, mtime=0) + gzip.compress(b"1", mtime=0), "too_big"),
        (", ".join(["gzip"] * 9), TEXT.encode(), "unknown_encoding"),
    ],
)
def test_compression_that_cannot_be_undone_is_rejected(encoding: str, body: bytes, reason: str) -> None:
    with pytest.raises(RejectedError) as rejected:
        decode_body(body, headers={"content-encoding": encoding}, content_type=None)

    assert reason == rejected.value.reason

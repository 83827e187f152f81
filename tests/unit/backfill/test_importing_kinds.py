"""The content of a file decides how it is read, and each body is landed byte for byte."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from sighten_warehouse.backfill.files import zips
from sighten_warehouse.landing.files import SUFFIXES
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from support.factories import SAMPLE_BYTES, a_milestone, as_json
from support.importing import NOW, bodies, imported, problems, raw_lines, tarred, write, zipped, zstd
from support.warehouses import Warehouse

A, B, C = (as_json(a_milestone(name)) for name in "abc")
NASTY = b'{"name": "a \\"quoted\\" ] } , { [ \'", "tasks": [{"label": "it\'s"}]}'
PYTHON = b"{'name': 'x \" } ] , {', 'ready': True, 'thread': None}"
PRETTY_A = json.dumps(json.loads(A), indent=3).encode()
PRETTY_B = json.dumps(json.loads(B), indent=3).encode()
BROKEN = b'{"uuid": "7a605ec8, "tasks": ['

TEXTS: dict[str, tuple[bytes, str, list[bytes]]] = {
    "the vendor's sample": (SAMPLE_BYTES, "one body", [SAMPLE_BYTES]),
    "one body": (A, "one body", [A]),
    "one body with white space around": (b"\n  " + A + b"\r\n\n", "one body", [b"\n  " + A + b"\r\n\n"]),
    "one body in many lines": (PRETTY_A, "one body", [PRETTY_A]),
    "one body with a mark": (codecs.BOM_UTF8 + PRETTY_A, "one body", [codecs.BOM_UTF8 + PRETTY_A]),
    "one body in UTF-16": (PRETTY_A.decode().encode("utf-16"), "one body", [PRETTY_A.decode().encode("utf-16")]),
    "one broken body": (SAMPLE_BYTES[:-40], "one body", [SAMPLE_BYTES[:-40]]),
    "one body and what is none": (A + b"\nnone\nat all", "one body a line", [A, b"none", b"at all"]),
    "no JSON": (b"<milestone>\n</milestone>", "one body", [b"<milestone>\n</milestone>"]),
    "an array that is no array of bodies": (b"[1, 2]", "one body", [b"[1, 2]"]),
    "a log": (b"[Mon] one\n[Tue] two\n", "one body", [b"[Mon] one\n[Tue] two\n"]),
    "lines": (A + b"\n" + NASTY + b"\n" + PYTHON + b"\n", "one body a line", [A, NASTY, PYTHON]),
    "lines of Windows": (codecs.BOM_UTF8 + A + b"\r\n\r\n" + B + b"\r\n", "one body a line", [A, B]),
    "lines without the last break": (A + b"\n" + B, "one body a line", [A, B]),
    "lines with a broken one": (A + b"\n" + BROKEN + b"\n" + B + b"\n", "one body a line", [A, BROKEN, B]),
    "lines of which the first is broken": (BROKEN + b"\n" + A + b"\n" + B, "one body a line", [BROKEN, A, B]),
    "lines of which the first is cut off": (A[:-9] + b"\n" + B + b"\n" + C, "one body a line", [A[:-9], B, C]),
    "an array": (b"[" + A + b"," + NASTY + b", 7]", "array of bodies", [A, NASTY, b"7"]),
    "an array in many lines": (
        b"[\n" + PRETTY_A + b",\n" + PRETTY_B + b"\n]\n",
        "array of bodies",
        [PRETTY_A, PRETTY_B],
    ),
    "a list of Python": (b"[" + PYTHON + b", " + PYTHON + b"]", "array of bodies", [PYTHON, PYTHON]),
    "an empty array": (b" [ ] ", "array of bodies", []),
    "bodies one after the other": (
        PRETTY_A + PRETTY_B + b"\n\n" + C,
        "bodies one after the other",
        [PRETTY_A, PRETTY_B, C],
    ),
    "bodies in many lines, a line break between them": (
        PRETTY_A + b"\n" + PRETTY_B,
        "bodies one after the other",
        [PRETTY_A, PRETTY_B],
    ),
    "samples one after the other": (SAMPLE_BYTES * 2, "bodies one after the other", [SAMPLE_BYTES.strip()] * 2),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_split_into_its_bodies_and_no_body_into_lines(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, kind, expected = TEXTS[name]
    monkeypatch.setattr("sighten_warehouse.backfill.files.reading.BLOCK", 700)
    (tmp_path / "file").write_bytes(content)

    tally = imported(warehouse, tmp_path / "file")

    assert expected == bodies(warehouse)
    assert [] == problems(tally)
    assert [kind] * bool(expected) == [kind for _, kind in tally.kinds]
    assert {"import"} >= {json.loads(line)["source"] for line in raw_lines(warehouse)}


ARCHIVES: dict[str, tuple[bytes, list[str]]] = {
    "gz": (gzip.compress(A + b"\n" + B), ["one body a line in gz"]),
    "gz of several": (gzip.compress(A + b"\n") + gzip.compress(B), ["one body a line in gz"]),
    "zst": (zstd(A + b"\n" + B), ["one body a line in zst"]),
    "zst of several": (zstd(A + b"\n") + zstd(B), ["one body a line in zst"]),
    "bz2": (bz2.compress(A + b"\n" + B), ["one body a line in bz2"]),
    "xz": (lzma.compress(A + b"\n" + B), ["one body a line in xz"]),
    "xz of several": (lzma.compress(A + b"\n") + lzma.compress(B), ["one body a line in xz"]),
    "zip": (zipped(("../../etc/a", A), ("b/", b""), ("b/b", B)), ["one body in zip"]),
    "tar": (tarred(("/etc/a", A), ("b", B)), ["one body in tar"]),
    "tar.gz": (gzip.compress(tarred(("a", A), ("b", B))), ["one body in tar in gz"]),
    "tar.zst": (zstd(tarred(("a", A), ("b", B))), ["one body in tar in zst"]),
    "tar.xz": (lzma.compress(tarred(("a", A), ("b", B))), ["one body in tar in xz"]),
    "gz in zip": (zipped(("a.gz", gzip.compress(A)), ("b", B)), ["one body in gz in zip", "one body in zip"]),
    "zip in tar.gz": (gzip.compress(tarred(("a", zipped(("a", A), ("b", B))))), ["one body in zip in tar in gz"]),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_and_compressions_are_opened_whatever_their_names(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, kinds = ARCHIVES[name]
    monkeypatch.setattr(zips, "AT_ONCE", 1)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a folder" / "below"
    folder.mkdir(parents=True)
    (folder / "file.txt").write_bytes(content)

    tally = imported(warehouse, tmp_path / "a folder")

    assert [A, B] == bodies(warehouse)
    assert kinds == sorted(kind for _, kind in tally.kinds)
    assert {"a folder", "home with a space"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_landing_files_of_another_machine_are_kept_line_by_line(
    warehouse: Warehouse, tmp_path: Path, suffix: str
) -> None:
    facts = {"method": "POST", "content_type": "application/json", "headers": {"webhook-id": "1"}}
    lines = [
        landing_line(body, landing_id=new_landing_id(), received_at=warehouse.clock, **facts).strip()
        for body in (A, SAMPLE_BYTES, b"\xff")
    ]
    content = b"\n".join([*lines, b'{"landing_id": "damaged'])
    file = write(tmp_path / f"file{suffix}", zstd(content) if suffix.endswith("zst") else content, at=NOW)

    tally = imported(warehouse, file)

    assert lines == raw_lines(warehouse)[:3]
    assert [b'{"landing_id": "damaged'] == bodies(warehouse)[3:]
    assert {"landing line": 3, "file": 1} == tally.times
    assert [f"landing lines{' in zst' if suffix.endswith('zst') else ''}"] == [kind for _, kind in tally.kinds]


def test_a_landing_line_may_be_longer_than_the_limit_of_a_body(warehouse: Warehouse, tmp_path: Path) -> None:
    body = b"\xff" * 1_900
    warehouse.settings = replace(warehouse.settings, max_body_bytes=2_000)
    line = landing_line(body, landing_id=new_landing_id(), received_at=warehouse.clock)
    (tmp_path / "file").write_bytes(line)

    imported(warehouse, tmp_path / "file")

    assert [line.strip()] == raw_lines(warehouse)


def encrypted() -> bytes:
    content = bytearray(zipped(("secret", A)))
    content[6] |= 1  # in the header of the member, and in the central directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def damaged_tar() -> bytes:
    content = bytearray(tarred(("a", A), ("b", B), ("c", C)))
    content[tarfile.BLOCKSIZE + -(-len(A) // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE] ^= 1  # in the header of b
    return bytes(content)


def damaged_zip() -> bytes:
    content = bytearray(zipped(("a", A), ("b", B)))
    content[45] ^= 255  # in the bytes of a
    return bytes(content)


def with_huge_header() -> bytes:
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.XHDTYPE, 2**40
    return tarred(("a", A))[: -2 * tarfile.BLOCKSIZE * 10] + info.tobuf() + bytes(1024)


def nested(times: int) -> bytes:
    content = A
    for _ in range(times):
        content = gzip.compress(content)
    return content


UNREADABLE: dict[str, tuple[Callable[[], bytes], list[bytes], list[tuple[str, str]]]] = {
    "nothing": (lambda: b"", [], [("file", "empty")]),
    "no text": (lambda: bytes(range(256)) * 9, [], [("file", "not_text")]),
    "cut off gz": (lambda: gzip.compress(A)[:-9], [], [("file", "broken")]),
    "cut off zst": (lambda: zstd(A)[:-9], [], [("file", "broken")]),
    "cut off xz": (lambda: lzma.compress(A)[:-40], [], [("file", "broken")]),
    "cut off zip": (lambda: zipped(("a", A), ("b", B))[:-30], [], [("file", "broken")]),
    "encrypted zip": (encrypted, [], [("secret", "broken")]),
    "damaged member of a zip": (damaged_zip, [B], [("a", "broken")]),
    "cut off tar": (lambda: tarred(("a", A), ("b", B))[:2700], [A], [("b", "broken"), ("file", "broken")]),
    "damaged tar": (damaged_tar, [A], [("file", "broken")]),
    "tar with a huge header": (with_huge_header, [], [("file", "broken")]),
    "empty member": (lambda: zipped(("a", A), ("n", b""), ("b", B)), [A, B], [("n", "empty")]),
    "hidden members": (lambda: zipped(("a", A), ("__MACOSX/a", B), (".git/x", C)), [A], []),
    "cut off array": (lambda: b"[" + A + b"," + B + b"," + C[:-5], [A, B], [("file", "not_json")]),
    "array without its end": (lambda: b"[" + A + b",", [A], [("file", "cut_off")]),
    "array with more after it": (lambda: b"[" + A + b"] x", [A], [("file", "not_json")]),
    "archives without end": (lambda: nested(8), [], [("file", "too_deep")]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_files_are_reported_and_the_others_are_landed(
    warehouse: Warehouse, tmp_path: Path, name: str
) -> None:
    content, expected, expected_problems = UNREADABLE[name]
    (tmp_path / "file").write_bytes(content())

    tally = imported(warehouse, tmp_path / "file")

    assert expected == bodies(warehouse)
    assert expected_problems == problems(tally)


def test_a_body_over_the_limit_is_reported_and_the_lines_around_it_are_landed(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sighten_warehouse.backfill.files.reading.BLOCK", 700)
    warehouse.settings = replace(warehouse.settings, max_body_bytes=2_000)
    large = b'{"a": "%s"}' % (b"x" * 20_000)
    (tmp_path / "lines").write_bytes(b"\n".join([A, large, large[:3_000], B]))
    (tmp_path / "one").write_bytes(large)
    (tmp_path / "array").write_bytes(b"[" + C + b"," + large + b"]")

    tally = imported(warehouse, tmp_path)

    assert {A, B, C} == set(bodies(warehouse))
    assert {("lines", "line 2"), ("lines", "line 3"), ("one", "the whole file"), ("array", "element 2")} == {
        (Path(origin).name, error.place) for origin, error in tally.unreadable
    }


def test_a_zip_has_the_members_of_zipfile_also_after_other_bytes_and_as_zip64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zips, "AT_ONCE", 7)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)  # more, and it writes zip64
    archive = io.BytesIO(b"before")
    archive.seek(0, io.SEEK_END)
    with zipfile.ZipFile(archive, "a") as file:
        for number in range(30):
            file.writestr(zipfile.ZipInfo(f"{number}.json"), b"")
        file.writestr("last.json", A)
    archive = io.BytesIO(b"put before afterwards" + archive.getvalue())

    members = [(opened.read(info), info.filename) for opened, info in zips.zip_members(archive)]

    assert b"PK\x06\x06" in archive.getvalue()
    assert zipfile.ZipFile(archive).namelist() == [name for _, name in members]
    assert (A, "last.json") == members[-1]


def test_a_link_to_itself_is_reported_and_its_neighbours_are_read(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    folder.mkdir()
    for name, body in (("a", A), ("z", B)):
        (folder / name).write_bytes(body)
    (folder / "itself").symlink_to("itself")
    (folder / "nowhere").symlink_to("nothing")

    tally = imported(warehouse, folder)

    assert {A, B} == set(bodies(warehouse))
    assert {str(folder / "itself"), str(folder / "nowhere")} == {origin for origin, _ in tally.unreadable}


def test_a_link_out_of_the_folder_is_reported_and_not_followed(warehouse: Warehouse, tmp_path: Path) -> None:
    folder, secret = tmp_path / "dump", tmp_path / "secret.json"
    (tmp_path / "other").mkdir()
    folder.mkdir()
    secret.write_bytes(A)
    (tmp_path / "other" / "x.json").write_bytes(A)
    (folder / "b.json").write_bytes(B)
    (folder / "link.json").symlink_to(secret)
    (folder / "folder.json").symlink_to(tmp_path / "other")
    (folder / "inside.json").symlink_to("b.json")
    out = {str(folder / "link.json"), str(folder / "folder.json")}

    tallies = [imported(warehouse, folder), imported(warehouse, folder / "*.json")]

    assert [B] == bodies(warehouse)
    assert [out, out] == [{origin for origin, _ in tally.unreadable} for tally in tallies]
    assert {"broken"} == {error.reason for _, error in tallies[0].unreadable}
    assert "a symbolic link out of the folder, expected a file in it" in str(tallies[0].unreadable[0][1])
    assert 1 == imported(warehouse, folder / "link.json").new, "given by itself, it is what the operator means"


def test_hidden_names_and_links_to_folders_are_skipped_unless_given_as_path(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    folder = tmp_path / "dump"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "x").write_bytes(A)
    (folder / "b").write_bytes(B)
    (folder / "loop").symlink_to(folder)

    below, hidden = imported(warehouse, folder), imported(warehouse, folder / ".git")

    assert (1, 1) == (below.bodies, hidden.bodies)
    assert [] == problems(below)
    assert {A, B} == set(bodies(warehouse))

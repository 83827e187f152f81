import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sighten_warehouse.durable import ensure_folder, hidden_files, point_link, replace_durably, write_durably


@pytest.fixture
def system_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The syncs and renames passed to the operating system, in order, each with its inode."""
    calls: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor: int) -> None:
        calls.append(("sync", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        calls.append(("rename", inode(source)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    return calls


def inode(path: Path) -> int:
    return path.stat().st_ino


def test_the_bytes_are_synced_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, system_calls: list[tuple[str, int]]
) -> None:
    path = tmp_path / "name"

    write_durably(path, b"content")

    assert [("sync", inode(path)), ("rename", inode(path)), ("sync", inode(tmp_path))] == system_calls
    assert b"content" == path.read_bytes()


def test_every_folder_that_was_missing_is_synced_in_its_parent(
    tmp_path: Path, system_calls: list[tuple[str, int]]
) -> None:
    ensure_folder(tmp_path / "a" / "b" / "c")

    assert [("sync", inode(folder)) for folder in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == system_calls
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_link_is_replaced_by_one_rename_and_then_synced(tmp_path: Path, system_calls: list[tuple[str, int]]) -> None:
    link = tmp_path / "current"
    link.symlink_to("old")
    target = tmp_path / "versions" / "new"
    target.mkdir(parents=True)

    point_link(link, target)

    assert Path("versions/new") == link.readlink()
    assert [link] == [path for path in tmp_path.iterdir() if path.is_symlink()]
    assert ["rename", "sync"] == [call for call, _ in system_calls]
    assert ("sync", inode(tmp_path)) == system_calls[-1]


def test_a_folder_is_not_replaced_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "current").mkdir()

    with pytest.raises(OSError, match="current"):
        point_link(tmp_path / "current", tmp_path / "new")


def test_pieces_are_written_in_order(tmp_path: Path) -> None:
    write_durably(tmp_path / "name", iter([b"one\n", b"two\n"]))

    assert b"one\ntwo\n" == (tmp_path / "name").read_bytes()


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "name"
    write_durably(path, b"old")

    def fail_half_way(hidden: Path) -> None:
        hidden.write_bytes(b"ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_durably(path, fail_half_way)

    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_failed_sync_of_the_bytes_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing_at(1))

    with pytest.raises(OSError, match="lost"):
        write_durably(tmp_path / "name", b"content")

    assert [] == list(tmp_path.iterdir())


def test_a_failed_sync_of_the_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing_at(2))

    with pytest.raises(OSError, match="lost"):
        write_durably(tmp_path / "name", b"content")


def failing_at(number: int) -> Callable[[int], None]:
    calls: list[int] = []

    def fsync(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == number:
            raise OSError(5, "the bytes are lost")

    return fsync


def test_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")

    with pytest.raises(OSError, match="taken"):
        write_durably(tmp_path / "taken" / "name", b"content")


def test_hidden_files_are_told_by_their_age(tmp_path: Path) -> None:
    folder = tmp_path / "received_date=2026-11-23"
    folder.mkdir()
    old, young, visible = folder / ".a.ndjson.1.tmp", folder / ".b.ndjson.2.tmp", folder / "c.tmp"
    for path in (old, young, visible):
        path.write_bytes(b"")
    for path in (old, visible):
        os.utime(path, (1000, 1000))
    os.utime(young, (3000, 3000))

    assert [old] == hidden_files(tmp_path, last_written_before=2000)
    assert {old, young} == set(hidden_files(tmp_path))

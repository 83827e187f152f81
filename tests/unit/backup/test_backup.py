"""Backups: complete, consistent while all goes on, incremental, and never lost to a kill or to damage at home."""

import os
import resource
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sighten_warehouse.backup import back_up
from sighten_warehouse.backup.contents import MADE_AGAIN
from sighten_warehouse.backup.record import RECORD, backups, read_backup, read_last_backup
from sighten_warehouse.backup.restore import check_backup
from sighten_warehouse.errors import BackupError, SettingError, StorageError
from sighten_warehouse.lake.compaction import Compacted, compact, compact_if_many
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.format import FILE_NAME
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.step import load
from sighten_warehouse.settings import read_settings
from support.backing_up import DOCUMENT_NAME, deep_status, in_newest, is_whole, restored
from support.compacting import PUBLISHING, commit_count, lines
from support.everything import everything
from support.factories import a_milestone
from support.killing import exit_code_of_killed
from support.receiving import PATH, listening
from support.warehouses import Warehouse


def test_a_restored_home_gives_every_table(published: Warehouse, tmp_path: Path) -> None:
    home = published
    back_up(home.settings, tmp_path / "backups")

    other = restored(home, tmp_path / "backups", tmp_path / "other")
    status = deep_status(other)
    other.publish()

    assert (True, 0) == (is_whole(status), status.pending)
    assert everything(home, but=PUBLISHING) == everything(other, but=PUBLISHING)
    assert lines(home) == lines(other)
    assert set(home.column("select version from ops.versions")) < set(other.column("select version from ops.versions"))


def test_every_entry_of_a_home_is_in_a_backup_or_named_as_made_again(published: Warehouse, tmp_path: Path) -> None:
    layout = published.settings.layout
    back_up(published.settings, tmp_path / "backups")
    stored = in_newest(tmp_path / "backups")

    names = {name.partition("/")[0] for name in stored}
    in_home = {path.name for path in layout.root.iterdir() if not path.name.startswith((".", "lake."))}
    described = {
        Path(os.path.relpath(value.fget(layout), layout.root)).parts[0]
        for name, value in vars(Layout).items()
        if isinstance(value, property) and value.fget and name != "root"
    }

    assert in_home == names | {"work", "last_backup.json"}
    assert set(MADE_AGAIN) == {"work", "last_backup.json"}
    assert described == {path for path in in_home | {".lake.next", "erasures"} if path != "of_later_code"}
    assert {f"landing/{FILE_NAME}", f"lake/{FILE_NAME}"} < stored
    assert {"of_later_code/kept.json", f"vault/{DOCUMENT_NAME[:2]}/{DOCUMENT_NAME}", "codes.yml"} < stored
    assert [] == [name for name in stored if name.endswith((".duckdb", ".html", ".tmp")) or ".partial" in name]
    [version] = [name for name in stored if name.startswith("published/")]
    assert version.startswith("published/versions/")


def test_what_has_not_changed_is_shared_and_a_compaction_between_loses_and_doubles_nothing(
    home: Warehouse, tmp_path: Path
) -> None:
    to, layout = tmp_path / "backups", home.settings.layout
    home.load()
    first = back_up(home.settings, to)
    again = back_up(home.settings, to)
    old = landing_files(layout.landing)
    compact(layout)
    home.land(a_milestone("later"))
    later = back_up(home.settings, to)

    shared = f"vault/{DOCUMENT_NAME[:2]}/{DOCUMENT_NAME}"
    assert (first.files, 0) == (again.files, again.copied)
    assert 1 == len({(path / shared).stat().st_ino for path in (first.path, again.path, later.path)})
    assert 0 < later.copied < later.files
    assert [] == [name for name in old if f"landing/{name}" in in_newest(to)]
    other = restored(home, to, tmp_path / "other")
    assert lines(home) == lines(other)
    assert (1, 1) == (commit_count(other), deep_status(other).pending)
    before = restored(home, first.path, tmp_path / "before")
    assert (old, 5, True) == (
        landing_files(before.settings.layout.landing),
        commit_count(before),
        is_whole(deep_status(before)),
    )


def test_backups_while_deliveries_come_in_a_load_and_a_compaction_run_are_whole(
    home: Warehouse, tmp_path: Path
) -> None:
    to, layout, settings = tmp_path / "backups", home.settings.layout, home.settings
    acknowledged: list[str] = []
    done = threading.Event()
    kept: list[tuple[set[str], Path]] = []

    with listening(layout.landing) as receiver:

        def deliver() -> None:
            while not done.is_set():
                body = f'{{"stage_id": {len(acknowledged)}}}'.encode()
                acknowledged.append(receiver.request("POST", PATH, body).json()["landing_id"])

        def load_and_compact() -> None:
            while not done.is_set():
                load(settings)
                compact(layout)

        threads = [threading.Thread(target=work) for work in (deliver, load_and_compact)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            before = set(acknowledged)
            kept.append((before, back_up(settings, to).path))
            receiver.wait_for(lambda known=before: len(acknowledged) > len(known) + 20)
        done.set()
        for thread in threads:
            thread.join()

    assert commits(layout)[0].merged or commits(layout)[-1].merged
    for number, (before, path) in enumerate(kept):
        other = restored(home, path, tmp_path / f"other {number}")
        ids = [line.split(b'"', 4)[3].decode() for line in lines(other)]
        assert before <= set(ids)
        assert len(ids) == len(set(ids))
        assert is_whole(deep_status(other))


def test_a_compaction_comes_before_or_after_the_copy_of_landing_and_lake(home: Warehouse, tmp_path: Path) -> None:
    layout = home.settings.layout
    home.load()
    compacted: list[Compacted | None] = []

    made = back_up(
        home.settings,
        tmp_path / "backups",
        on_progress=lambda _done, _all: compacted.append(compact_if_many(layout, many=1)),
    )

    assert {} == made.problems
    assert compacted[0] is None  # it does not wait where another holds the lock
    assert any(compacted)
    other = restored(home, tmp_path / "backups", tmp_path / "other")
    assert (5, 5, True) == (commit_count(other), len(lines(other)), is_whole(deep_status(other)))


@pytest.mark.parametrize(
    ("module", "name", "when"),
    [("step", "take", "after"), ("step", "write_backup", "after"), ("step", "write_last_backup", "before")],
)
def test_a_kill_leaves_the_last_complete_backup_and_the_next_one_goes_on(
    home: Warehouse, tmp_path: Path, module: str, name: str, when: str
) -> None:
    to = tmp_path / "backups"
    first = back_up(home.settings, to)
    home.take_in(a_milestone("more"))
    step = "from sighten_warehouse.backup import back_up; back_up(settings, to)"

    assert 9 == exit_code_of_killed(home.settings, step, f"backup.{module}", name, when, to=to)

    complete = backups(to)
    assert first.path == complete[0]
    assert (2 if name == "write_last_backup" else 1) == len(complete)
    assert {} == check_backup(to).damaged
    finished = back_up(home.settings, to)
    assert {} == check_backup(to).damaged == finished.problems
    assert [] == [path.name for path in to.iterdir() if path.name.startswith(".") and path.is_dir()]
    assert lines(home) == lines(restored(home, to, tmp_path / "other"))


def test_a_file_that_was_altered_or_lost_at_home_stays_as_it_was_in_the_backup(home: Warehouse, tmp_path: Path) -> None:
    to, layout = tmp_path / "backups", home.settings.layout
    home.load()
    back_up(home.settings, to, keep=1)
    altered, lost, unreadable, *_ = (name for name in landing_files(layout.landing))
    whole = (layout.landing / altered).read_bytes()
    (layout.landing / altered).write_bytes(whole.replace(b"SUBMITTED", b"REJECTED!"))
    (layout.landing / lost).unlink()
    (layout.landing / unreadable).unlink()
    (layout.landing / unreadable).mkdir()
    history = history_file(layout, "tasks", commits(layout)[0].batch_id)
    history.unlink()

    made = back_up(home.settings, to, keep=1)

    name = history.relative_to(layout.lake)
    of_landing = {f"landing/{one}" for one in (altered, lost, unreadable)}
    assert {*of_landing, f"lake/{name}"} == set(made.problems)
    assert all("the backup keeps the copy" in problem for problem in made.problems.values())
    assert (2, "files are damaged") == (len(backups(to)), made.kept_because)
    other = restored(home, to, tmp_path / "other")
    assert whole == (other.settings.layout.landing / altered).read_bytes()
    assert is_whole(deep_status(other))


def test_verify_reads_both_sides_and_mends_the_backup(home: Warehouse, tmp_path: Path) -> None:
    to, layout = tmp_path / "backups", home.settings.layout
    home.load()
    first = back_up(home.settings, to)
    here, there, *_ = landing_files(layout.landing)
    flip(layout.landing / here)
    flip(first.path / "landing" / there)

    assert {} == back_up(home.settings, to).problems  # sizes and times are the same

    made = back_up(home.settings, to, verify=True)

    assert {f"landing/{here}", f"landing/{there}"} == set(made.problems)
    assert "altered in the home; the backup keeps the copy" in made.problems[f"landing/{here}"]
    assert "was damaged; it was copied anew" in made.problems[f"landing/{there}"]
    assert {} == check_backup(to).damaged
    assert [f"landing/{there}"] == list(check_backup(first.path).damaged)


def flip(path: Path) -> None:
    """Change a byte as a failing disk does: size and time stay."""
    facts = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def test_the_newest_backups_are_kept_unless_the_home_was_begun_anew(home: Warehouse, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    home.load()
    made = [back_up(home.settings, to, keep=2) for _ in range(3)]
    fresh = Warehouse(tmp_path / "fresh")
    fresh.take_in(a_milestone("first"))

    after_a_loss = back_up(fresh.settings, to, keep=2)

    assert (made[0].path.name,) == made[2].removed
    assert [made[1].path, made[2].path, after_a_loss.path] == backups(to)
    assert "the home holds less than half of the deliveries" == after_a_loss.kept_because


def test_a_home_records_its_last_backup(home: Warehouse, tmp_path: Path) -> None:
    assert read_last_backup(home.settings.layout) is None

    with capture_logs() as logs:
        made = back_up(home.settings, tmp_path / "backups")

    last = read_last_backup(home.settings.layout)
    assert last is not None
    assert (str(tmp_path / "backups"), True) == (last.folder, (made.path / RECORD).is_file())
    assert read_backup(made.path).made_at == last.made_at
    assert ["backed_up"] == [event["event"] for event in logs if event["event"] == "backed_up"]


def test_a_place_that_is_of_no_use_is_refused_in_words(home: Warehouse, tmp_path: Path) -> None:
    settings = home.settings
    back_up(settings, tmp_path / "backups")
    other = read_settings({"SIGHTEN_HOME": str(settings.home), "SIGHTEN_ENV": "test"})
    other.layout.root.mkdir()

    for chosen, to, words in (
        (settings, settings.layout.root / "backups", "apart from the home"),
        (settings, tmp_path / "no" / "such", "is its disk mounted?"),
        (settings, None, "or SIGHTEN_BACKUP_TO"),
        (other, tmp_path / "backups", "holds backups of SIGHTEN_ENV=production"),
    ):
        with pytest.raises(SettingError, match=words):
            back_up(chosen, to)
    with pytest.raises(BackupError, match="holds no complete backup"):
        check_backup(tmp_path)


def test_two_backups_to_one_folder_are_not_made_at_a_time(home: Warehouse, tmp_path: Path) -> None:
    refused: list[str] = []

    def another(*_: int) -> None:
        if not refused:
            try:
                back_up(home.settings, tmp_path / "backups")
            except BackupError as error:
                refused.append(str(error))

    back_up(home.settings, tmp_path / "backups", on_progress=another)

    assert ["another backup to this folder runs"] == [text.split(": ")[1].split(";")[0] for text in refused]


def test_a_disk_that_refuses_is_named_and_the_next_backup_is_complete(home: Warehouse, tmp_path: Path) -> None:
    to, before = tmp_path / "backups", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(StorageError, match=f"{to}/.unfinished/.*: File too large; expected to write there"):
            back_up(home.settings, to)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert [] == backups(to)
    assert {} == back_up(home.settings, to).problems

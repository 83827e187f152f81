"""Restores: into an empty home only, whole or not at all, and in words if not."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from sighten_warehouse.backup import back_up
from sighten_warehouse.backup.record import RECORD, read_last_backup
from sighten_warehouse.backup.restore import restore
from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import BackupError, FormatError, SettingError
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.format import FILE_NAME
from sighten_warehouse.settings import Settings, read_settings
from support.backing_up import DOCUMENT_NAME, deep_status
from support.command_output import messages
from support.compacting import lines
from support.killing import exit_code_of_killed
from support.warehouses import Warehouse


@pytest.fixture
def source(home: Warehouse, tmp_path: Path) -> Path:
    """The folder of a backup of that home."""
    back_up(home.settings, tmp_path / "backups")
    return tmp_path / "backups"


@pytest.fixture
def empty(tmp_path: Path) -> Settings:
    """A home that does not exist yet."""
    return read_settings({"SIGHTEN_HOME": str(tmp_path / "empty")})


def damage(source: Path) -> str:
    """Damage a landing file in the only backup of that folder; return its name."""
    [made] = source.glob("2*")
    name, *_ = landing_files(made / "landing")
    path = made / "landing" / name
    path.write_bytes(path.read_bytes()[:-2])
    return f"landing/{name}"


def test_modes_times_and_the_link_of_the_lake_come_back(home: Warehouse, source: Path, empty: Settings) -> None:
    restore(empty, source)

    before, after = home.settings.layout, empty.layout
    document = f"{DOCUMENT_NAME[:2]}/{DOCUMENT_NAME}"
    assert before.lake.resolve().name == after.lake.resolve().name
    assert after.lake.is_symlink()
    assert 0o400 == stat.S_IMODE((after.vault / document).stat().st_mode)
    assert 0o700 == stat.S_IMODE(after.root.stat().st_mode)
    for name in landing_files(before.landing):
        assert (before.landing / name).stat().st_mtime_ns == (after.landing / name).stat().st_mtime_ns
    last = read_last_backup(after)
    assert last is not None
    assert str(source) == last.folder
    assert 0 == back_up(empty, source).copied


def test_a_home_that_is_not_empty_is_refused_and_stays(home: Warehouse, source: Path) -> None:
    before = sorted(home.settings.layout.root.rglob("*"))

    with pytest.raises(SettingError, match=r"is not empty \(.*\); expected an empty folder, or none"):
        restore(home.settings, source)

    assert before == sorted(home.settings.layout.root.rglob("*"))


def test_an_empty_folder_is_a_home_to_restore_into(source: Path, empty: Settings) -> None:
    empty.layout.root.mkdir(parents=True)

    restore(empty, source)

    assert 5 == len(landing_files(empty.layout.landing))


def test_a_damaged_backup_restores_nothing_or_the_rest_if_that_is_asked_for(
    home: Warehouse, source: Path, empty: Settings
) -> None:
    name = damage(source)

    with pytest.raises(BackupError, match=f"1 files are damaged:\n  {name}: not what was backed up"):
        restore(empty, source)
    assert [] == list(empty.home.iterdir())

    assert {name: "not what was backed up"} == restore(empty, source, without_damaged=True).damaged
    other = Warehouse(empty.home)
    assert [name.removeprefix("landing/")] == list(deep_status(other).landing.damaged)
    assert len(lines(home)) - 1 == len(lines(other))


@pytest.mark.parametrize(("name", "when"), [("copy_file", "after"), ("write_last_backup", "after")])
def test_a_kill_leaves_no_home_and_the_next_restore_is_whole(
    home: Warehouse, source: Path, empty: Settings, name: str, when: str
) -> None:
    step = "from sighten_warehouse.backup import restore; restore(settings, source)"

    assert 9 == exit_code_of_killed(empty, step, "backup.restore", name, when, source=source)

    assert not empty.layout.root.exists()
    restore(empty, source)
    assert lines(home) == lines(Warehouse(empty.home))
    assert ["production"] == [path.name for path in empty.home.iterdir()]


def test_what_is_unfit_is_refused_in_words(source: Path, empty: Settings, tmp_path: Path) -> None:
    other = read_settings({"SIGHTEN_HOME": str(empty.home), "SIGHTEN_ENV": "test"})
    with pytest.raises(SettingError, match="SIGHTEN_ENV: test; expected production"):
        restore(other, source)
    with pytest.raises(BackupError, match="holds no complete backup; expected the folder given to"):
        restore(empty, tmp_path)
    [made] = source.glob("2*")
    (made / "landing" / FILE_NAME).write_text('{"format": 9, "written_by": "9.0.0"}')
    with pytest.raises(FormatError, match=r"landing of format 9, written by sighten-warehouse 9\.0\.0"):
        restore(empty, source)
    record = json.loads((made / RECORD).read_text())
    (made / RECORD).write_text(json.dumps({"format": 9, "written_by": "9.0.0", "files": record["files"]}))
    with pytest.raises(
        FormatError, match=r"backup of format 9, written by sighten-warehouse 9\.0\.0; expected format 1"
    ):
        restore(empty, source)
    assert not empty.layout.root.exists()


def test_the_commands_say_what_they_did_and_what_to_look_at(home: Warehouse, empty: Settings, tmp_path: Path) -> None:
    source = tmp_path / "backups"
    here, there = ({"SIGHTEN_HOME": str(settings.home)} for settings in (home.settings, empty))
    run = CliRunner()

    made = run.invoke(commands, ["backup"], env=here | {"SIGHTEN_BACKUP_TO": str(source)})
    assert (0, "") == (made.exit_code, messages(made))
    assert f", to {source}/2" in made.stdout
    checked = run.invoke(commands, ["restore", str(source), "--dry-run"], env=there)
    assert (0, False) == (checked.exit_code, empty.layout.root.exists())
    assert "0 damaged; nothing was restored" in checked.stdout

    damage(source)
    checked = run.invoke(commands, ["restore", str(source), "--dry-run"], env=there)
    assert (1, "1 damaged" in checked.stdout) == (checked.exit_code, True)
    assert "not what was backed up" in messages(checked)
    mended = run.invoke(commands, ["backup", str(source), "--verify"], env=here)
    assert (1, True) == (mended.exit_code, "it was copied anew (docs/runbook.md#back-up)" in messages(mended))
    done = run.invoke(commands, ["restore", str(source)], env=there)
    assert (0, "") == (done.exit_code, messages(done))
    assert f"into {empty.layout.root}. Next: sighten-warehouse publish" in done.stdout

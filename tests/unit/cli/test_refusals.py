"""What the disk refuses, and wrong paths, are one line that says what, where and what to do."""

import errno
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.durable import explaining_disk
from sighten_warehouse.errors import StorageError
from sighten_warehouse.locks import one_writer
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.parquet import export_parquet
from sighten_warehouse.publish.portable import write_portable
from sighten_warehouse.receiver.server import prepare_landing
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse


def command(home: Path, *arguments: str, max_file_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; with `max_file_bytes`, the system refuses larger files."""

    def limit() -> None:
        if max_file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))

    script = "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    script += "from sighten_warehouse.cli import main; sys.argv[0] = 'sighten-warehouse'; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=os.environ | {"SIGHTEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


@pytest.mark.parametrize("step", ["load", pytest.param("publish", marks=pytest.mark.deep)])
def test_a_disk_that_takes_no_more_is_told_in_words_and_nothing_is_lost(warehouse: Warehouse, step: str) -> None:
    warehouse.land(SAMPLE_BYTES, a_milestone())
    if step == "publish":
        warehouse.load()

    refused = command(warehouse.settings.home, step, max_file_bytes=1000)
    again = command(warehouse.settings.home, "run")
    status = read_status(warehouse.settings)

    assert 1 == refused.returncode
    assert f"error: {warehouse.settings.layout.root}" in refused.stderr
    assert "Nothing that was landed is lost" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert 0 == again.returncode, again.stderr
    assert (2, True) == (sum(status.outcomes.values()), status.balanced)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_each_refusal_of_the_disk_becomes_a_storage_error(tmp_path: Path, number: int) -> None:
    where = tmp_path / "no" / "such"

    with (
        pytest.raises(StorageError, match=rf"{where}: {os.strerror(number)}; expected to write there"),
        explaining_disk(tmp_path),
    ):
        raise OSError(number, os.strerror(number), str(where))


def test_other_errors_of_files_are_not_explained_away(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), explaining_disk(tmp_path):
        (tmp_path / "missing").read_bytes()


OUTPUTS = {
    "query": ["query", "select 1", "--format", "csv", "--output"],
    "report": ["report", "--to"],
    "dictionary": ["dictionary", "--html"],
    "publish": ["publish", "--portable"],
    "documents": ["documents", "fetch", "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2", "--to"],
}


def invoke(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, env={"SIGHTEN_HOME": str(home)})


@pytest.mark.parametrize("arguments", OUTPUTS.values(), ids=OUTPUTS)
def test_no_command_writes_into_a_folder_that_does_not_exist(
    simulated: Warehouse, tmp_path: Path, arguments: list[str]
) -> None:
    folder = tmp_path / "missing"

    refused = invoke(simulated.settings.home, *arguments, str(folder / "output"))

    assert 2 == refused.exit_code
    assert f"{folder} is no folder, expected one that exists" in refused.stderr
    assert not folder.exists()


@pytest.mark.parametrize("arguments", [["publish"], ["run"], ["rebuild"], ["load"], ["status"], ["landing", "verify"]])
def test_a_home_that_does_not_exist_is_wrong_use(tmp_path: Path, arguments: list[str]) -> None:
    result = invoke(tmp_path / "slip", *arguments)

    assert "does not exist; expected the folder where the receiver lands" in str(result.exception)
    assert not (tmp_path / "slip").exists()


def test_published_files_are_for_reading_only_and_the_rest_follows_the_umask(warehouse: Warehouse) -> None:
    before = os.umask(0o027)
    try:
        warehouse.deliver(SAMPLE_BYTES)
        export_parquet(warehouse.settings)
    finally:
        os.umask(before)
    layout = warehouse.settings.layout

    def modes(*paths: Path) -> set[int]:
        return {stat.S_IMODE(path.stat().st_mode) for path in paths}

    assert {0o440} == modes(
        layout.warehouse_file, *layout.versions.glob("*.duckdb"), *layout.parquet.rglob("*.parquet")
    )
    assert {0o640} == modes(*layout.landing.rglob("*.ndjson"), *layout.lake.glob("[a-z]*/*.parquet"))
    assert {0o750} == modes(layout.landing, *layout.landing.glob("*/"), *layout.lake.glob("*/"))


def test_a_new_home_is_its_owners_alone_and_a_strict_umask_holds_for_the_published_file_too(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "new" / "home")
    before = os.umask(0o077)
    try:
        prepare_landing(warehouse.settings.layout.landing, now=0)
        warehouse.deliver(SAMPLE_BYTES)
        export_parquet(warehouse.settings)
        write_portable(warehouse.settings.layout.warehouse_file, tmp_path / "portable.duckdb", pii="masked")
    finally:
        os.umask(before)

    found = [tmp_path / "portable.duckdb", *(path for path in (tmp_path / "new").rglob("*") if not path.is_symlink())]
    assert [] == [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_the_mode_of_a_home_that_exists_is_the_users_choice(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "home")
    root = warehouse.settings.layout.root
    prepare_landing(warehouse.settings.layout.landing, now=0)
    fresh = stat.S_IMODE(root.stat().st_mode), stat.S_IMODE(root.parent.stat().st_mode)
    for folder in (root.parent, root):
        folder.chmod(0o750)

    warehouse.land(SAMPLE_BYTES)
    with one_writer(warehouse.settings.layout, "publish"):
        prepare_landing(warehouse.settings.layout.landing, now=0)

    assert (0o700, 0o700) == fresh
    assert {0o750} == {stat.S_IMODE(folder.stat().st_mode) for folder in (root.parent, root)}


def test_a_result_tells_null_from_nothing_and_no_rows_are_an_empty_list(simulated: Warehouse) -> None:
    home = simulated.settings.home

    table = invoke(home, "query", "select null as a, '' as b, 'x' as c").stdout.splitlines()
    csv = invoke(home, "query", "select null as a, '' as b, 'x' as c", "--format", "csv").stdout
    rows = invoke(home, "query", "select 1 as one where false", "--format", "json").stdout

    assert ["NULL", "x"] == table[1].split()
    assert 'a,b,c\n,"",x\n' == csv
    assert "[]" == rows.strip()


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("from milestone", "no table milestone; did you mean milestones, main.milestones"),
        ("from approval_cycles", "did you mean marts.approval_cycles?"),
        ("from nothing_like_it", "`sighten-warehouse dictionary` lists the tables"),
        (" ", "empty, expected one statement"),
        ("select 1; select 2", "expected one statement, got 2"),
    ],
)
def test_a_query_that_cannot_run_says_what_was_expected(simulated: Warehouse, sql: str, expected: str) -> None:
    refused = invoke(simulated.settings.home, "query", sql)

    assert 2 == refused.exit_code
    assert expected in " ".join(refused.stderr.split())
    assert "pg_" not in refused.stderr

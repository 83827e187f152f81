"""A portable file: it opens without the lake, has the version's rows, and no names if masked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from sighten_warehouse import open_warehouse
from sighten_warehouse.cli.main import commands
from sighten_warehouse.models import NOT_PUBLISHED, models
from support.everything import TOLD_BY_THE_CLOCK
from support.factories import SAMPLE_BYTES, a_comment, a_milestone, a_user
from support.warehouses import Warehouse

SECRETS = (b"zebrafink", b"sightenbot", b"Silver-Inspection")
PUBLISHED = [model.full_name for model in models().values() if model.schema not in NOT_PUBLISHED]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("portable") / "home with a space")
    comment = a_comment("1", "Ask zebrafink about the roof.", "2025-03-01T10:00:00Z", commentor="zebrafink@example.com")
    warehouse.land(SAMPLE_BYTES)
    warehouse.deliver(a_milestone(comments=[comment], assigned_to=a_user("Zebrafink")), b"{not json: zebrafink")
    return warehouse


@pytest.fixture
def published(shared: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The warehouse that the commands use by default; shared by all tests."""
    monkeypatch.setenv("SIGHTEN_HOME", str(shared.settings.home))
    return shared


def write(path: Path) -> Path:
    ran = CliRunner().invoke(commands, ["publish", "--portable", str(path)])
    assert 0 == ran.exit_code, ran.output
    return path


def everything(path: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {
            name: connection.execute(f"select {stored(connection, name)} from {name}").fetchall() for name in PUBLISHED
        }
        found["as of"] = connection.execute("from documents_as_of(timestamp '2030-01-01')").fetchall()
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def stored(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """The columns that do not depend on the present time."""
    columns = [column for column, *_ in connection.execute(f"describe {name}").fetchall()]
    return ", ".join(f'"{column}"' for column in columns if not column.endswith(TOLD_BY_THE_CLOCK))


@contextmanager
def moved_away(folder: Path) -> Iterator[None]:
    """Rename the folder during the context."""
    away = folder.rename(folder.with_name("away"))
    try:
        yield
    finally:
        away.rename(folder)


def test_a_full_portable_file_has_the_same_rows_without_home_and_lake(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIGHTEN_PII", "full")
    file = write(tmp_path / "it's portable.duckdb")
    before = everything(published.settings.layout.warehouse_file)
    moved = shutil.move(file, tmp_path / "elsewhere.duckdb")

    with moved_away(published.settings.home):
        assert before == everything(moved)
        with open_warehouse(moved) as warehouse, warehouse.as_of("2018-09-01") as then:
            assert {"Construction & Signoff"} == set(warehouse.frame("select name from history.milestones")["name"])
            assert 1 == len(then.frame("from comments"))


def test_a_masked_portable_file_has_as_many_rows_and_no_name_in_any_byte(published: Warehouse, tmp_path: Path) -> None:
    file = write(tmp_path / "without names.duckdb")
    version = published.settings.layout.warehouse_file

    full, masked = everything(version), everything(file)

    assert {"ops.pseudonyms"} == {name for name in PUBLISHED if len(full[name]) != len(masked[name])}
    with duckdb.connect(str(file), read_only=True) as connection:
        kept = connection.execute("select kind, value from ops.pseudonyms where value <> pseudonym").fetchall()
    assert [] == kept
    assert [True] * 3 == [secret in version.read_bytes() or secret in str(full).encode() for secret in SECRETS]
    assert [False] * 3 == [secret in file.read_bytes() or secret in str(masked).encode() for secret in SECRETS]
    with open_warehouse() as theirs, open_warehouse(file) as ours:
        people = "select commentor from comments union select email from history.users order by all"
        assert theirs.frame(people).equals(ours.frame(people))
        assert "ops.pseudonyms" not in theirs.tables()


def test_every_table_and_column_of_a_portable_file_is_described(published: Warehouse, tmp_path: Path) -> None:
    assert published.settings.pii == "masked"
    with duckdb.connect(str(write(tmp_path / "described.duckdb")), read_only=True) as connection:
        bare = "select table_name, column_name from duckdb_columns() where comment is null and not internal"
        tables = "select schema_name || '.' || table_name from duckdb_tables() where comment is not null"
        views = "select schema_name || '.' || view_name from duckdb_views() where comment is not null and not internal"

        assert [] == connection.execute(bare).fetchall()
        described = {name for (name,) in connection.execute(f"{tables} union all {views}").fetchall()}
        assert set(PUBLISHED) <= described
        assert "masked.users" in described


@pytest.mark.parametrize("name", ["masked.duckdb", "Marts.duckdb", "main", "history.db"])
def test_a_portable_file_with_the_name_of_a_schema_is_refused(published: Warehouse, tmp_path: Path, name: str) -> None:
    versions = list(published.settings.layout.versions.glob("*.duckdb"))

    ran = CliRunner().invoke(commands, ["publish", "--portable", str(tmp_path / name)])

    assert 2 == ran.exit_code
    assert "expected a name other than its schemas' names" in ran.output
    assert not (tmp_path / name).exists()
    assert versions == list(published.settings.layout.versions.glob("*.duckdb"))

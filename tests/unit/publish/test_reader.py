"""Opening the warehouse from Python: results, versions, masking and as-of queries."""

import doctest
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import sighten_warehouse
from sighten_warehouse import open_warehouse
from sighten_warehouse.errors import NotPublishedError, SettingError
from sighten_warehouse.publish import reader
from support.documents import code_blocks
from support.factories import SAMPLE_BYTES, a_comment, a_milestone
from support.warehouses import Warehouse

HEAVY = "import sys; from sighten_warehouse import open_warehouse; print(*sorted(sys.modules))"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with the vendor's sample, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("published"))
    warehouse.deliver(SAMPLE_BYTES)
    return warehouse


@pytest.fixture
def home(published: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """That warehouse, in the home that the environment names."""
    monkeypatch.setenv("SIGHTEN_HOME", str(published.settings.home))
    monkeypatch.delenv("SIGHTEN_PII", raising=False)
    return published


def test_nothing_heavy_is_imported_until_a_warehouse_is_opened() -> None:
    imported = subprocess.run([sys.executable, "-c", HEAVY], check=True, capture_output=True, text=True).stdout.split()

    assert "sighten_warehouse" in imported
    assert set() == {"duckdb", "pandas", "pyarrow", "polars", "pydantic", "yaml", "structlog"} & set(imported)


def test_the_examples_in_the_docstrings_run(home: Warehouse) -> None:
    assert home.settings.layout.warehouse_file.exists()
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    for module in (sighten_warehouse, reader):
        ran = doctest.testmod(module, optionflags=flags, extraglobs={"open_warehouse": open_warehouse})
        assert (0, True) == (ran.failed, ran.attempted > 0)


def test_the_examples_of_the_documents_run_and_agree(home: Warehouse) -> None:
    (example,) = [block for block in code_blocks(Path("docs/opening.md"), "python") if "open_warehouse" in block]
    assert home.settings.layout.warehouse_file.exists()
    shown: dict[str, Any] = {}

    exec(example, shown)  # noqa: S102  (it is ours)

    by_sql = home.value("select median(cycle_seconds) / 86400 from marts.approval_cycles")
    assert by_sql == shown["by_name"].item() == shown["days"]["days"].item()
    by_sql = home.value("select median(review_seconds) / 86400 from marts.reviews")
    assert by_sql == shown["review_days"]["review_seconds"].item()
    assert (0, 1) == (shown["rejected_by"].num_rows, shown["open_then"]["milestones"].sum())


def test_ibis_reads_history_and_batches_and_what_is_masked(home: Warehouse) -> None:
    assert home.settings.layout.warehouse_file.exists()
    with open_warehouse() as warehouse:
        connection = warehouse.ibis(history=True)
        read = connection.table("milestones", database="history").count().to_pandas()
        batches = list(connection.table("users").select("email").to_pyarrow_batches())
        emails = warehouse.frame("select email from users")["email"]

    assert 1 == read
    assert emails.to_list() == batches[0]["email"].to_pylist()
    assert not emails.str.contains("@").any()


def test_results_come_as_pandas_and_arrow_with_their_types(home: Warehouse) -> None:
    sql = "select name, cycle_seconds, is_open, approved_at from marts.approval_cycles where submits = ?"
    with open_warehouse() as warehouse:
        frame, table = warehouse.frame(sql, 1), warehouse.arrow(sql, 1)
        results = [frame.to_dict("list"), table.to_pandas().to_dict("list")]

        with pytest.raises(duckdb.Error, match="read-only"):
            warehouse.frame("create table warehouse.main.mine as select 1")

    assert results[0] == results[1]
    assert [439224.798969] == frame["cycle_seconds"].to_list()
    assert [pd.Timestamp("2018-09-04 17:11:58.241730")] == frame["approved_at"].to_list()
    assert ["double", "bool"] == [str(table.schema.field(name).type) for name in ("cycle_seconds", "is_open")]
    assert pa.types.is_timestamp(table.schema.field("approved_at").type)
    assert home.value("select count(*) from milestones") == len(frame)


def test_polars_gives_the_same_rows_as_pandas(home: Warehouse) -> None:
    pytest.importorskip("polars")
    assert home.settings.layout.warehouse_file.exists()

    with open_warehouse() as warehouse:
        sql = "select event, event_at, sequence from marts.milestone_events order by sequence"

        assert warehouse.frame(sql).to_dict("records") == warehouse.polars(sql).to_dicts()


def test_the_newest_version_is_opened_unless_another_is_named(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(warehouse.settings.home))
    warehouse.deliver(a_milestone("one"))
    held = open_warehouse()
    first = held.version
    warehouse.deliver(a_milestone("two"))

    with open_warehouse() as newest, open_warehouse(version=first) as named, held.as_of("2030-01-01") as then:
        warehouses = (held, newest, named, then)
        counts = [opened.frame("select count(*) as n from milestones")["n"][0] for opened in warehouses]
        versions = [opened.version for opened in warehouses]

    held.close()
    assert [1, 2, 1, 1] == counts
    assert [first, max(versions), first, first] == versions
    with pytest.raises(NotPublishedError, match=rf"version 1999: no file in .*; available: {first}, "):
        open_warehouse(version="1999")
    with pytest.raises(NotPublishedError, match="expected one of the two"):
        open_warehouse(warehouse.settings.layout.warehouse_file, version=first)


def test_a_missing_file_and_another_kind_of_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(tmp_path))
    strange = tmp_path / "it's another.duckdb"
    with duckdb.connect(str(strange)) as connection:
        connection.execute("create table milestones (a int)")

    with pytest.raises(NotPublishedError, match=r"warehouse\.duckdb: no such file"):
        open_warehouse()
    with pytest.raises(NotPublishedError, match="is not a published warehouse"):
        open_warehouse(strange)


def test_names_are_masked_by_default(home: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    people = (
        "select email from users union select commentor from main.comments"
        " union select actor from marts.milestone_events"
        " union select email from history.users union select commentor from history.comments"
        " union select commentor from comments_as_of(timestamp '2030-01-01')"
    )
    names = {"operations@sighten.io", "sightenbot@sighten.io", "Sighten Bot"}

    def shown(**options: str) -> set[str]:
        with open_warehouse(**options) as warehouse:  # type: ignore[arg-type]  # one option by name
            return set(warehouse.frame(people)["email"])

    masked = shown()
    with open_warehouse() as warehouse, warehouse.as_of("2030-01-01") as then:
        assert masked == set(then.frame(people)["email"])
    assert names == shown(pii="full")
    monkeypatch.setenv("SIGHTEN_PII", "full")
    assert names == shown()
    assert masked == shown(pii="masked")
    assert 3 == len(masked)
    assert not names & masked
    assert home.settings.pii == "masked"


def test_another_value_of_pii_than_masked_or_full_is_refused(home: Warehouse) -> None:
    with pytest.raises(SettingError, match=r"pii: Full; expected masked or full"):
        open_warehouse(pii="Full")  # type: ignore[arg-type]  # a likely typo

    assert home.settings.pii == "masked"


def test_an_invalid_time_or_statement_is_refused(home: Warehouse) -> None:
    assert home.settings.layout.warehouse_file.exists()
    with open_warehouse() as warehouse:
        for when in ("yesterday", None, 5):
            with pytest.raises(ValueError, match=f"^as_of {when}: expected a time such as 2026-01-31 14:30"):
                warehouse.as_of(when)  # type: ignore[arg-type]  # as above
        with pytest.raises(ValueError, match="expected a statement that returns rows"):
            warehouse.frame("-- nothing")
        with pytest.raises(duckdb.Error, match="read-only"):
            warehouse.frame("delete from warehouse.main.users")


def test_as_of_shows_past_tables_and_present_marts(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTEN_HOME", str(warehouse.settings.home))

    def at(time: str, status: str) -> dict[str, object]:
        comment = a_comment(status, "Something.", time)
        return a_milestone("two", at=time, status=status, comments=[comment], tasks=[])

    warehouse.land(SAMPLE_BYTES)
    warehouse.deliver(at("2025-03-01T12:00:00Z", "SUBMITTED"), at("2025-03-05T12:00:00Z", "APPROVED"))
    noon = datetime(2025, 3, 1, 12)
    elsewhere = noon.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-7)))
    select = (
        "select count(*) filter (status = 'SUBMITTED'), (select count(*) from comments), (select count(*) from tasks)"
    )

    with open_warehouse() as now:
        counts = [now.frame(f"{select} from milestones").to_numpy().tolist()]
        for when in (noon, elsewhere, "2025-03-01T12:00:00+00:00", date(2018, 1, 1)):
            with now.as_of(when) as then:
                counts += (then.frame(f"{select} from milestones").to_numpy().tolist(),)
                assert 2 == len(then.frame("from marts.approval_cycles"))

    # The sample has two comments and two tasks, and its first comment is of 2018-08-30.
    assert [[[0, 4, 2]], [[1, 3, 2]], [[1, 3, 2]], [[1, 3, 2]], [[0, 0, 0]]] == counts

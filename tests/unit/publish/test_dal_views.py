"""The wide view of each configured object."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from sighten_warehouse import open_warehouse
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish import is_current, publish
from sighten_warehouse.publish.parquet import export_parquet
from sighten_warehouse.publish.portable import write_portable
from sighten_warehouse.settings import Settings
from support.enriching import Enriched, enriching, quote
from support.factories import a_milestone, an_id
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

SIGNED = an_id("signed quote")


@pytest.fixture
def enriched(warehouse: Warehouse, tmp_path: Path) -> Iterator[Enriched]:
    with enriching(warehouse, dal_metrics=tmp_path / "dal-metrics.yml") as enriched:
        enriched.deliver(a_milestone("one"))
        enriched.sighten.signed = {quote("one"): quote("one")}
        yield enriched


def settings(enriched: Enriched) -> Settings:
    return replace(enriched.warehouse.settings, **enriched.settings)


def configure(enriched: Enriched, text: str) -> None:
    Path(enriched.settings["dal_metrics"]).write_text(text)


def test_a_view_has_a_typed_column_for_each_metric_with_lists_as_lists(enriched: Enriched) -> None:
    configure(
        enriched,
        """
        quote: [number, boolean, moment, words, mixed, none, tilts, nothing, parts]
        Change order: {metrics: {number: text, words: number, moment: date, boolean: integer, tilts: integer}}
        """,
    )
    enriched.sighten.values = {
        "number": 1.50,
        "boolean": True,
        "moment": "2025-03-01T10:00:00.5+02:00",
        "words": "7",
        "mixed": [1, "one"],
        "tilts": [10, None, 30],
        "nothing": [],
        "parts": {"a": [1]},
    }

    enriched.enrich()
    publish(settings(enriched))

    columns = "number, boolean, moment, words, mixed, none, tilts, nothing, parts"
    assert (
        *(1.5, True, datetime(2025, 3, 1, 8, 0, 0, 500000), "7", ["1", "one"], None, [10.0, None, 30.0], None),
        '{"a":[1]}',
    ) == enriched.warehouse.row(f"select {columns} from dal_quote")
    assert ("1.5", 7.0, datetime(2025, 3, 1).date(), None, [10, None, 30]) == enriched.warehouse.row(
        "select number, words, moment, boolean, tilts from dal_change_order"
    )
    assert [] == enriched.warehouse.rows(
        "select table_name, column_name from duckdb_columns() where comment is null and not internal"
    )


def test_a_view_has_one_row_for_each_quote_that_is_signed_now(enriched: Enriched) -> None:
    configure(enriched, "quote: [capacity]")
    enriched.deliver(a_milestone("two"), a_milestone("three"))
    enriched.sighten.signed |= {quote("two"): quote("two"), quote("three"): quote("two")}
    enriched.sighten.values = {"capacity": 5}
    enriched.enrich()
    enriched.sighten.signed[quote("one")] = SIGNED
    enriched.deliver(a_milestone("one", status="APPROVED"))

    enriched.enrich()
    publish(settings(enriched))

    assert {SIGNED, quote("two")} == set(enriched.warehouse.column("select signed_quote_id from dal_quote"))
    assert 3 == enriched.warehouse.value("select count(*) from dal_values")
    export_parquet(settings(enriched))
    parquet = enriched.warehouse.settings.layout.parquet / "dal_quote" / "*.parquet"
    assert (
        2 == duckdb.execute("select count(*) from read_parquet(?) where capacity = 5", [str(parquet)]).fetchall()[0][0]
    )


def test_a_masked_view_has_the_same_columns_and_shows_only_booleans(
    enriched: Enriched, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(enriched, """quote: [number, boolean, moment, words, empty, parts, 'it"s', none, names]""")
    enriched.sighten.values = {
        "number": 1.5,
        "boolean": True,
        "moment": "2025-03-01T10:00:00Z",
        "words": "Zebrafink",
        "empty": "",
        "parts": {"name": "Zebrafink"},
        'it"s': "Zebrafink",
        "names": ["Zebrafink", "Ann"],
    }
    monkeypatch.setenv("SIGHTEN_HOME", str(enriched.warehouse.settings.home))
    monkeypatch.setenv("SIGHTEN_PII", "masked")

    enriched.enrich()
    publish(settings(enriched))

    types = "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = 'dal_quote'"
    assert enriched.warehouse.rows(types, "main") == enriched.warehouse.rows(types, "masked")
    columns = "number, boolean, moment, words, empty, parts, it_s, none, names"
    expected = (None, True, None, "masked", "", '"masked"', "masked", None, ["masked"])
    assert expected == enriched.warehouse.row(f"select {columns} from masked.dal_quote")
    with open_warehouse() as warehouse:
        assert ["masked"] == warehouse.arrow("select words from dal_quote")["words"].to_pylist()
    assert [] == enriched.warehouse.rows(
        "select table_name, column_name from duckdb_columns() where comment is null and not internal"
    )


def test_a_portable_file_with_names_has_the_views_and_their_comments(enriched: Enriched, tmp_path: Path) -> None:
    configure(enriched, 'quote: [capacity, "it\'s"]')
    enriched.sighten.values = {"capacity": 5}
    enriched.enrich()
    version = publish(settings(enriched))

    write_portable(Path(version.path), tmp_path / "portable.duckdb", pii="full")

    comments = (
        "select schema_name, column_name, comment from duckdb_columns() where table_name = 'dal_quote' order by all"
    )
    with duckdb.connect(str(tmp_path / "portable.duckdb"), read_only=True) as connection:
        assert [(5.0,)] == connection.execute("select capacity from dal_quote").fetchall()
        assert [(None,)] == connection.execute("select capacity from masked.dal_quote").fetchall()
        assert enriched.warehouse.rows(comments) == connection.execute(comments).fetchall()


def test_odd_and_clashing_names_become_distinct_columns(enriched: Enriched) -> None:
    configure(enriched, """quote: [quote_id, Quote_ID, pulled_at, "it's", "1.st", 'a"b', s_quote_id]""")
    enriched.sighten.values = dict.fromkeys(["quote_id", "Quote_ID", "pulled_at", "it's", "1.st", 'a"b'], 1)

    enriched.enrich()
    publish(settings(enriched))

    assert [
        "signed_quote_id",
        "quote_id",
        "quote_Quote_ID",
        "quote_pulled_at",
        "it_s",
        "1_st",
        "a_b",
        "s_quote_id",
        "pulled_at",
    ] == (
        enriched.warehouse.column(
            "select column_name from duckdb_columns() where table_name = 'dal_quote' and schema_name = 'main'"
        )
    )
    assert (1.0, 1.0, 1.0, 1.0) == enriched.warehouse.row('select quote_id, it_s, "1_st", a_b from dal_quote')


def test_a_configured_view_exists_empty_and_a_changed_file_is_published(enriched: Enriched) -> None:
    configure(enriched, "usage: [a, b]\nempty: []")
    publish(settings(enriched))
    before = is_current(settings(enriched))
    found = enriched.warehouse.rows("select * from dal_usage"), enriched.warehouse.rows("select * from dal_empty")

    configure(enriched, "usage: [a, b, c]")
    changed = is_current(settings(enriched))
    publish(settings(enriched))

    assert ([], []) == found
    assert (True, False) == (before, changed)
    assert [] == enriched.warehouse.rows("select a, b, c from dal_usage")


def test_an_ill_formed_file_is_not_published(enriched: Enriched) -> None:
    configure(enriched, "usage: a")

    with pytest.raises(SettingError, match="line 1"):
        publish(settings(enriched))

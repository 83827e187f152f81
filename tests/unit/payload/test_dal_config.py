"""The file of metrics: what it may contain, and how errors in it are reported."""

from pathlib import Path

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.payload.answers.dal_config import DalObject, Metric, parse_dal_metrics, read_dal_metrics
from sighten_warehouse.settings import Settings
from support.repository import ROOT


def test_an_object_is_a_list_of_metrics_or_has_source_baseline_and_types() -> None:
    text = """
    site: [site_id, s_site_id]
    change order:
      from: workflow
      baseline: approved
      metrics: {capacity: number, no: text}
    usage: {baseline: live, metrics: [used]}
    report: []
    """

    objects = parse_dal_metrics(text, name="file")

    assert (
        DalObject("site", "site", None, (Metric("site_id", None, "live"), Metric("s_site_id", None, "signed"))),
        DalObject(
            "change order",
            "workflow",
            "approved",
            (Metric("capacity", "number", "approved"), Metric("no", "text", "approved")),
        ),
        DalObject("usage", "quote", None, (Metric("used", None, "live"),)),
        DalObject("report", "quote", None, ()),
    ) == objects
    assert ["dal_site", "dal_change_order", "dal_usage", "dal_report"] == [item.view for item in objects]


def test_json_is_read_too() -> None:
    assert (DalObject("quote", "quote", None, (Metric("a", None, "live"),)),) == parse_dal_metrics(
        '{"quote": ["a"]}', name="file"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("quote: [a", "file line 1, column 10: expected YAML or JSON"),
        ("[a, b]", "file line 1, column 1: expected objects, each with its metrics"),
        ("quote: a", "file line 1, column 8: expected quote: a list of metrics, or from, baseline, metrics"),
        ("quote:\n  metric: [a]", "file line 2, column 3: quote: metric: expected one of from, baseline, metrics"),
        ("quote: {from: site}", "file line 1, column 1: quote: expected metrics"),
        ("quote: {metrics: a}", "file line 1, column 18: expected a list of metrics, or metrics with their types"),
        ("quote: [a, {b: c}]", "file line 1, column 12: expected the name of a metric"),
        ("quote: ['a,b']", "file line 1, column 9: 'a,b': expected the name of a metric, without spaces and commas"),
        ("quote: [a, a]", "file line 1, column 12: a appears twice, expected once"),
        ("quote: {metrics: {a: text, a: text}}", "file line 1, column 28: a appears twice, expected once"),
        ("quote: {metrics: {a: money}}", "file line 1, column 22: 'money': expected one of text, timestamp"),
        ("quote: {baseline: old, metrics: []}", "'old': expected one of live, proposed, signed, approved"),
        ("quote: {from: ../x, metrics: []}", "'../x': expected an object of the DAL, such as site"),
        ("q/uote: []", "'q/uote': expected an object's name, such as homeowner"),
        ("quote: []\nquote: []", "file line 2, column 1: quote appears twice, expected once"),
        (
            "a b: []\nA-B: []",
            "file line 2, column 1: A-B: its view dal_a_b already belongs to a b, expected another name",
        ),
        ("values: []", "values: its view dal_values already belongs to the table of all values, expected another name"),
    ],
)
def test_an_ill_formed_file_is_refused_with_the_place_and_what_was_expected(text: str, problem: str) -> None:
    with pytest.raises(SettingError) as refused:
        parse_dal_metrics(text, name="file")

    assert problem in str(refused.value)
    assert str(refused.value).startswith("SIGHTEN_DAL_METRICS: file line ")


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"quote: [\xff]")

    with pytest.raises(SettingError, match="missing: No such file or directory, expected a file of metrics"):
        read_dal_metrics(Settings(dal_metrics=tmp_path / "missing"))
    with pytest.raises(SettingError, match="binary byte 8: expected text in UTF-8"):
        read_dal_metrics(Settings(dal_metrics=binary))


def test_without_a_file_nothing_is_configured() -> None:
    assert () == read_dal_metrics(Settings())


def test_the_documented_example_has_the_six_families() -> None:
    objects = read_dal_metrics(Settings(dal_metrics=ROOT / "docs" / "dal-metrics.example.yml"))

    assert ["homeowner", "usage", "project", "quote", "report", "change_order"] == [item.name for item in objects]
    assert all(item.metrics for item in objects)

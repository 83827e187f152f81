import xml.etree.ElementTree as ET

import pytest

from benchmarks.figures import Figure
from benchmarks.page import render
from benchmarks.plot import draw
from benchmarks.runs import ROOT, Run, read_runs


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("key", "a ratio", 5.1, "times", at_least=5), "met"),
        (Figure("key", "a ratio", 4.9, "times", at_least=5), "not met"),
        (Figure("key", "a time", 0.8, "s", at_most=0.8), "met"),
        (Figure("key", "a time", 0.81, "s", at_most=0.8), "not met"),
        (Figure("key", "a time", 0.5, "s", at_most=0.8, reduced=True), "met*"),
        (Figure("key", "a size", 0.5, "MB"), ""),
    ],
)
def test_a_figure_says_whether_its_target_is_met(figure: Figure, verdict: str) -> None:
    assert verdict == figure.verdict


def test_the_page_shows_every_figure_and_each_step() -> None:
    before = Run(
        "before", "2026-01-01", "2 cores", (Figure("load_ms", "load, CPU a payload", 0.82, "ms", at_most=0.3),)
    )
    after = Run(
        "after",
        "2026-01-02",
        "2 cores",
        (
            Figure("load_ms", "load, CPU a payload", 0.25, "ms", at_most=0.3),
            Figure("publish_1_cpu", "publish of 1 new", 17.2, "s", at_most=0.8, size=20_000),
        ),
    )

    lines = render([before, after]).splitlines()

    assert "|load, CPU a payload|≤ 0.30 ms|0.25 ms|met|" in lines
    assert "|what|target|20,000|" in lines
    assert "|publish of 1 new|≤ 0.80 s|17.2 s, **not met**|" in lines
    assert "|before||||0.82||||||" in lines
    assert "|after|20,000|||0.25|||17.2|||" in lines


def test_the_plot_leaves_out_what_was_not_measured() -> None:
    run = Run("only load", "2026-01-01", "2 cores", (Figure("load_ms", "load", 0.25, "ms"),))

    drawn = ET.fromstring(draw(run))  # noqa: S314  (our own)
    texts = [element.text for element in drawn.iter() if element.text and element.text.strip()]

    assert ["CPU a payload, ms", "load", "0.25", "CPU of a publish with one new delivery, without the copy, s"] == texts


def test_the_page_and_the_plot_are_what_the_recorded_runs_give() -> None:
    runs = read_runs()

    assert render(runs) == (ROOT / "docs" / "performance.md").read_text(), "expected what `make bench` writes"
    assert draw(runs[-1]) == (ROOT / "docs" / "performance.svg").read_text(), "expected what `make bench` writes"

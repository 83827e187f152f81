"""The metrics that the files in `deploy/` name are those that the receiver and Airflow export."""

import json
import re
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sighten_airflow.metrics import emit_coverage, emit_measures
from sighten_warehouse.ops.measures import MEASURES
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from support.documents import anchors
from support.repository import ROOT, text

RULES = "deploy/prometheus-rules.yml"
DASHBOARD = "deploy/grafana/sighten-warehouse.json"
RECONCILED = dict.fromkeys(("changed", "delivered", "pulled", "failed", "left", "coverage"), 1)

pytestmark = pytest.mark.airflow


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """What the receiver exports, and what Airflow sends, as `deploy/prometheus.yml` renames it."""
    sent: dict[str, float] = {}
    monkeypatch.setattr("sighten_airflow.metrics.stats.gauge", sent.__setitem__)
    emit_measures(dict.fromkeys(MEASURES, 1.0))
    emit_coverage(SimpleNamespace(**RECONCILED))  # type: ignore[arg-type]  (what it reads of a result)
    parsed = text_string_to_metric_families(ReceiverMetrics().text().decode())
    received = {sample.name for family in parsed for sample in family.samples}
    return received | {name.replace(".", "_") for name in sent}


def families(exported: set[str]) -> set[str]:
    """A histogram is one, whatever its samples are called."""
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in exported if not name.endswith("_created")}


def expressions() -> dict[str, list[str]]:
    rules = [rule["expr"] for group in yaml.safe_load(text(RULES))["groups"] for rule in group["rules"]]
    panels = [target["expr"] for panel in json.loads(text(DASHBOARD))["panels"] for target in panel["targets"]]
    return {RULES: rules, DASHBOARD: panels}


@pytest.mark.parametrize("file", [RULES, DASHBOARD])
def test_every_metric_that_a_file_names_is_exported(file: str, exported: set[str]) -> None:
    named = set(re.findall(r"\bsighten_[a-z0-9_]+", " ".join(expressions()[file])))

    assert len(named) >= 5
    assert set() == named - exported


def test_the_dashboard_shows_every_metric(exported: set[str]) -> None:
    shown = " ".join(expressions()[DASHBOARD])

    assert [] == sorted(name for name in families(exported) if name not in shown)


def test_every_recipe_of_a_rule_is_in_the_runbook() -> None:
    named = set(re.findall(r"docs/runbook\.md#([\w-]+)", text(RULES)))

    assert named
    assert set() == named - anchors("docs/runbook.md")


def test_the_documents_list_every_metric(exported: set[str]) -> None:
    rows = [line for line in text("docs/monitoring.md").splitlines() if line.startswith("| `sighten_")]

    assert families(exported) == {name for row in rows for name in re.findall(r"`(sighten_[a-z0-9_]+)`", row)}


@pytest.mark.parametrize(
    "arguments",
    [["rules", RULES], ["config", "deploy/prometheus.yml"], ["config", "deploy/prometheus-cluster.yml"]],
    ids=" ".join,
)
def test_prometheus_takes_the_files(arguments: list[str]) -> None:
    promtool: Any = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian it is in the package prometheus")

    checked = subprocess.run([promtool, "check", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == checked.returncode, checked.stdout + checked.stderr

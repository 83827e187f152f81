"""Alerts from Airflow: of failed tasks, by its own notifiers where they are installed, and by the DAG that watches."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import pytest

from sighten_airflow import notifiers
from sighten_airflow.failures import alert_failure, end_alert
from sighten_warehouse import load
from sighten_warehouse.alerts.channels import post_to_slack
from sighten_warehouse.alerts.ledger import read_ledger
from sighten_warehouse.ops.problems import find_problems
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.settings import Settings
from support.hearing import Heard, listening_mail_server, listening_webhook

pytestmark = pytest.mark.airflow

Run = Callable[..., dict[str, list[str]]]
Land = Callable[..., str]


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    with listening_webhook() as heard:
        monkeypatch.setenv("SIGHTEN_ALERTS", heard.url)
        yield heard


def context(task_id: str = "publish", **facts: Any) -> Any:
    return {"ti": SimpleNamespace(dag_id="sighten_publish_warehouse", task_id=task_id), **facts}


def test_a_failed_task_is_heard_once_until_it_succeeds(settings: Settings, webhook: Heard) -> None:
    for _ in range(2):
        alert_failure(context(exception=ValueError("with personal data")))
    end_alert(context("another"))
    for _ in range(2):
        end_alert(context())

    key = "task_failed/sighten_publish_warehouse.publish"
    assert [("open", key), ("over", key)] == webhook.states
    assert "Airflow's task sighten_publish_warehouse.publish failed (ValueError)" == webhook.messages[0]["text"]
    assert "docs/runbook.md#publish-fails" == webhook.messages[0]["recipe"]
    assert {} == read_ledger(settings.layout)


def test_a_run_that_fails_is_heard_and_shown_by_status(
    run: Run, settings: Settings, land: Land, webhook: Heard
) -> None:
    land()
    load.load(settings)
    land()
    load.load(settings)
    [path, _] = sorted(settings.layout.landing.rglob("*.ndjson"))
    path.write_bytes(path.read_bytes() + b"more\n")

    assert ["failed"] == run("sighten_maintain_lake")["compact"]

    key = "task_failed/sighten_maintain_lake.compact"
    assert [("open", key)] == webhook.states
    ledger = read_ledger(settings.layout)
    now = ledger[key].problem.since
    assert now is not None
    assert key in {problem.key for problem in find_problems(read_status(settings), settings, ledger, now=now)}


def test_mail_goes_by_airflows_notifier(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening_mail_server() as mail:
        monkeypatch.setenv("SIGHTEN_ALERTS", mail.url)
        alert_failure(context(exception=ValueError()))

    assert find_spec("airflow.providers.smtp")
    [message] = mail.messages
    assert "Content-Type: text/html" in message  # what the product sends is plain text
    assert "Subject: [Sighten production] open: Airflow's task sighten_publish_warehouse.publish failed" in message
    assert ["ops@example.com"] == [line[4:] for line in message.splitlines() if line.startswith("To: ")]
    assert list(read_ledger(settings.layout))


def test_a_notifier_that_fails_is_tried_again_by_the_watching_dag(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening_mail_server() as mail:
        address = mail.url
    monkeypatch.setenv("SIGHTEN_ALERTS", address)
    alert_failure(context(exception=ValueError()))
    with listening_webhook() as heard:
        monkeypatch.setenv("SIGHTEN_ALERTS", heard.url)
        gauges = {}
        monkeypatch.setattr("sighten_airflow.metrics.stats.gauge", gauges.__setitem__)
        states = run("sighten_watch_warehouse")

    assert {"run": ["success"], "watch": ["success"]} == states
    assert ("open", "task_failed/sighten_publish_warehouse.publish") in heard.states
    assert 1.0 <= gauges["sighten.open_alerts"]
    assert {"task_failed/sighten_publish_warehouse.publish"} <= set(read_ledger(settings.layout))


def test_without_a_provider_the_product_sends() -> None:
    assert notifiers.channels(context())["slack"] is post_to_slack

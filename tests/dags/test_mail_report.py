"""The DAG of the weekly e-mail: sent by one run, and by no other of the same week."""

from collections.abc import Callable

import pytest

from sighten_warehouse import load
from sighten_warehouse.publish.step import publish
from sighten_warehouse.settings import Settings
from support.hearing import listening_mail_server

pytestmark = pytest.mark.airflow


def test_a_run_sends_the_report_and_the_next_has_nothing_to_do(
    run: Callable[..., dict[str, list[str]]],
    settings: Settings,
    land: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    land()
    load.load(settings)
    publish(settings)

    unset = run("sighten_mail_report")
    with listening_mail_server() as mail:
        monkeypatch.setenv("SIGHTEN_REPORT_TO", mail.url)
        states = [run("sighten_mail_report") for _ in range(2)]

    assert {"mail": ["skipped"], "run": ["success"]} == unset == states[1]
    assert {"mail": ["success"], "run": ["success"]} == states[0]
    assert ["Subject: [Sighten production] Week of"] == [
        line[:37] for message in mail.messages for line in message.splitlines() if line.startswith("Subject:")
    ]

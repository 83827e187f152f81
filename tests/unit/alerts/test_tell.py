"""Each problem reaches each target once, and once more when it is over."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sighten_warehouse.alerts import Problem, Told, tell
from sighten_warehouse.alerts.channels import send_mail
from sighten_warehouse.alerts.mail import NotSentError
from sighten_warehouse.alerts.problem import message_about
from sighten_warehouse.alerts.target import targets_of
from sighten_warehouse.settings import Settings, read_settings
from support.hearing import At, Heard, listening_mail_server, listening_webhook

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FULL = Problem(key="disk_low", text="full", recipe="disk-full")
LATE = Problem(key="late", text="late", recipe="nothing-is-loaded", severity="error", since=NOW)


@pytest.fixture
def webhook() -> Iterator[Heard]:
    with listening_webhook() as heard:
        yield heard


@pytest.fixture
def check(tmp_path: Path, webhook: Heard) -> Callable[..., Told]:
    """One check of a home that finds those problems; each call reads what the one before has kept."""

    def check(*problems: Problem, alerts: str = webhook.url) -> Told:
        settings = read_settings({"SIGHTEN_HOME": str(tmp_path), "SIGHTEN_ALERTS": alerts})
        return tell(settings, lambda _: (problems, lambda _: True), clock=At(NOW))

    return check


def test_a_problem_is_sent_once_and_once_more_when_it_is_over(check: Callable[..., Told], webhook: Heard) -> None:
    for problems in [[LATE], [LATE], [LATE, FULL], [FULL], [FULL], []]:
        check(*problems)

    assert [("open", "late"), ("open", "disk_low"), ("over", "late"), ("over", "disk_low")] == webhook.states
    assert {
        "state": "open",
        "key": "late",
        "severity": "error",
        "environment": "production",
        "text": "late",
        "recipe": "docs/runbook.md#nothing-is-loaded",
        "since": "2026-11-01T12:00:00Z",
        "sent_at": "2026-11-01T12:00:00Z",
    } == webhook.messages[0]


def test_something_new_in_an_open_problem_is_sent_again(check: Callable[..., Told], webhook: Heard) -> None:
    def drift(*items: str) -> Problem:
        return Problem(key="drift_new", text="drift", recipe="payloads-drift", items=items)

    for items in ["a"], ["a", "b"], ["b"], ["a", "b"]:
        check(drift(*items))

    assert [("open", "drift_new")] * 3 == webhook.states


def test_what_nobody_looked_for_is_not_over(tmp_path: Path, webhook: Heard, check: Callable[..., Told]) -> None:
    check(LATE)

    settings = read_settings({"SIGHTEN_HOME": str(tmp_path), "SIGHTEN_ALERTS": webhook.url})
    tell(settings, lambda _: ([], lambda key: key == "another"), clock=At(NOW))

    assert [("open", "late")] == webhook.states


def test_what_could_not_be_sent_is_tried_again_by_the_next_check(check: Callable[..., Told], webhook: Heard) -> None:
    webhook.status = 500
    unsent = [check(LATE).unsent]
    webhook.status = 200
    check(LATE)
    webhook.status = 302
    unsent.append(check().unsent)
    webhook.status = 200
    check()
    check()

    name = webhook.url.removesuffix("/hook?key=s3cret")
    assert [{name: f"{name}: answered {status}, expected 2xx"} for status in (500, 302)] == unsent
    assert [("open", "late"), ("over", "late")] == webhook.states


def test_a_target_that_is_down_keeps_no_other_from_hearing(check: Callable[..., Told], webhook: Heard) -> None:
    told = [check(LATE, alerts=f"http://127.0.0.1:9/,{webhook.url}") for _ in range(2)]

    assert [{"http://127.0.0.1:9": "http://127.0.0.1:9: no answer (ConnectionError)"}] * 2 == [
        one.unsent for one in told
    ]
    assert [("open", "late")] == webhook.states


def test_a_problem_that_nobody_heard_of_is_sent_once_somebody_listens(
    check: Callable[..., Told], webhook: Heard
) -> None:
    check(LATE, FULL, alerts="")
    check(LATE, alerts="")
    check(LATE)

    assert [("open", "late")] == webhook.states


def test_checks_at_the_same_time_send_one_alert(check: Callable[..., Told], webhook: Heard) -> None:
    checks = [threading.Thread(target=check, args=(LATE,)) for _ in range(4)]
    for thread in checks:
        thread.start()
    for thread in checks:
        thread.join()

    assert [("open", "late")] == webhook.states


def test_a_damaged_file_of_open_alerts_counts_as_none(
    check: Callable[..., Told], webhook: Heard, tmp_path: Path
) -> None:
    check(LATE)
    (tmp_path / "production" / "open_alerts.json").write_bytes(b'{"late": ')
    check(LATE)

    assert [("open", "late")] * 2 == webhook.states


def test_slack_receives_text_and_mail_a_message(check: Callable[..., Told], webhook: Heard) -> None:
    with listening_mail_server() as mail:
        slack = webhook.url.replace("http://", "slack://")
        check(Problem(key="late", text="<late>\nby far", recipe="disk-full"), alerts=f"{slack},{mail.url}")

    assert [
        {"text": "[Sighten production] open: &lt;late&gt; by far\nRecipe: docs/runbook.md#disk-full"}
    ] == webhook.messages
    [message] = mail.messages
    assert (
        "Subject: [Sighten production] open: <late> by far\r\nFrom: sighten@example.com\r\nTo: ops@example.com"
        in message
    )
    assert "Recipe: docs/runbook.md#disk-full" in message


def test_a_password_is_not_sent_without_tls_beyond_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    message = message_about(LATE, "open", environment="test", now=NOW)
    with listening_mail_server() as mail:
        port = mail.url.split(":")[2].partition("/")[0]
        [local, remote] = targets_of(
            settings_with(f"smtp://127.0.0.1:{port}/a@b.example,smtp://me:pass@mail.test:{port}/a@b.example").alerts
        )
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", int(port)))])
        send_mail(local, message)
        with pytest.raises(NotSentError, match=r"offers no TLS; expected it before a password is sent"):
            send_mail(remote, message)

    assert 1 == len(mail.messages)


def settings_with(alerts: str) -> Settings:
    return read_settings({"SIGHTEN_ALERTS": alerts})


def test_no_secret_of_an_address_is_shown_or_kept(
    check: Callable[..., Told], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    alerts = "https://u:s3cret@127.0.0.1:9/s3cret?s3cret,slack://127.0.0.1:9/s3cret,smtp://a:s3cret@127.0.0.1:9/x@y.z"

    told = check(LATE, alerts=alerts)

    shown = [
        str(told),
        repr(settings_with(alerts)),
        repr(targets_of(settings_with(alerts).alerts)),
        *capsys.readouterr(),
    ]
    shown.append((tmp_path / "production" / "open_alerts.json").read_text())
    assert {"https://127.0.0.1:9", "slack://127.0.0.1:9", "smtp://127.0.0.1:9"} == set(told.unsent)
    assert not any("s3cret" in text for text in shown)
    assert json.loads(shown[-1])["late"]["problem"]["text"] == "late"

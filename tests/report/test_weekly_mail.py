"""The weekly e-mail: the figures of the page, nobody's data, what e-mail programs show, one a week for each address."""

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_string, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sighten_warehouse.alerts.mail import NotSentError, deliver
from sighten_warehouse.alerts.target import Target
from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import NotPublishedError, SettingError
from sighten_warehouse.ops.mailing import Mailed, mail_report
from sighten_warehouse.report.weekly import Weekly, last_full_week, read_weekly
from sighten_warehouse.report.weekly_content import duration, figures, sections, subject
from sighten_warehouse.report.weekly_mail import as_html, as_text
from sighten_warehouse.settings import Secret, Settings, read_settings
from support.hearing import At, Heard, listening_mail_server

MONDAY = datetime(2018, 9, 10, 6, tzinfo=UTC)  # in the week before, the vendor's sample was approved
TAGS = {"html", "head", "meta", "title", "body", "table", "tr", "th", "td", "p", "h1", "h2", "strong", "br"}
STYLES = re.compile(
    r"(margin|padding|font-family|font-size|font-weight|line-height|color|background-color|border|border-top|width"
    r"|max-width|height):[^;]+"
)


@pytest.fixture(scope="module")
def weekly(world: Settings) -> Weekly:
    return read_weekly(replace(world, pii="full"), today=date(2025, 10, 22))


class Parsed(HTMLParser):
    """The tags, styles and other attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.styles: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.styles |= {part for name, value in attrs if name == "style" for part in (value or "").split(";")}


def test_it_shows_the_week_of_the_marts_beside_the_one_before(world: Settings, weekly: Weekly) -> None:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        weeks = connection.execute(
            "select count(*) filter (event = 'submitted'), count(*) filter (event = 'approved') from"
            " marts.milestone_events where event_at >= '2025-10-06' and event_at < '2025-10-20'"
            " group by date_trunc('week', event_at) order by date_trunc('week', event_at)"
        ).fetchall()
    [(submits_before, approvals_before), (submits, approvals)] = weeks

    assert (date(2025, 10, 13), date(2025, 10, 19)) == (weekly.first_day, weekly.last_day)
    rows = {row[0]: row[1:3] for row in sections(weekly)[0].rows}
    assert (str(submits), str(submits_before)) == rows["Submits"]
    assert (str(approvals), str(approvals_before)) == rows["Approvals"]
    assert f"Week of 13 Oct 2025: {submits} submit" in subject(weekly)
    assert submits + approvals > 0


def test_its_figures_are_those_of_the_marts(world: Settings, weekly: Weekly) -> None:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        [(submitted, approved, first_pass, half)] = connection.execute(
            "select count(submitted_at), count(approved_at), count(*) filter (first_decision = 'approved'),"
            " (select p50_seconds from ops.approval_times where grouped_by = 'all') from marts.approval_cycles"
        ).fetchall()
    shown = {name: value for name, value, _ in figures(weekly)}

    assert (str(submitted), str(approved), duration(half)) == (
        shown["Submitted"],
        shown["Approved"],
        shown["Median time to approval"],
    )
    assert f"{100 * first_pass / weekly.overview['decided']:.0f} %" == shown["First-pass yield"]
    assert ("5 d 2 h", "1 d", "59 min", "1 h", "100 d", "–") == tuple(
        map(duration, (439224.8, 86400, 3540, 3599, 8_640_000, None))
    )


def test_it_names_nobody_even_where_the_report_does(world: Settings, weekly: Weekly) -> None:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        people = connection.execute("select email, first_name, last_name from users").fetchall()

    for shown in (as_html(weekly), as_text(weekly)):
        words = set(re.findall(r"[\w@.]+", shown))
        assert "Longest pending" in shown
        assert [] == [part for person in people for part in person if part and part in words]
        assert "onerror" not in shown


def test_any_e_mail_program_can_show_it(weekly: Weekly) -> None:
    hostile = {"milestone_id": "0" * 36, "name": "<b>\x1b[2J", "organization_name": '"A" & B', "age_seconds": 90.0}
    page = as_html(dataclasses.replace(weekly, pending=[hostile]))
    parsed = Parsed(page)

    assert TAGS >= parsed.tags >= {"table", "h1", "h2"}
    assert not {name for name in parsed.names if name.startswith("on") or name in ("href", "src", "class", "id")}
    assert [] == [style for style in parsed.styles if not STYLES.fullmatch(style)]
    assert "url(" not in page
    assert "&lt;b&gt;�[2J" in page
    assert "&quot;A&quot; &amp; B" in page
    assert len(page) < 100_000  # Gmail cuts longer ones


@pytest.mark.parametrize(("today", "monday"), [("2026-11-30", "2026-11-23"), ("2027-01-03", "2026-12-21")])
def test_the_week_is_the_last_one_that_is_over(today: str, monday: str) -> None:
    assert date.fromisoformat(monday) == last_full_week(date.fromisoformat(today))


def addressed(home: Settings, heard: Heard, *names: str) -> Settings:
    urls = [heard.url.replace("ops@", f"{name}@") for name in names]
    return replace(home, report_to=tuple(map(Secret, urls)))


def received(heard: Heard) -> list[EmailMessage]:
    return [message_from_string(message, policy=policy.default) for message in heard.messages]


def test_each_address_gets_one_a_week_whatever_is_tried_again(home: Settings) -> None:
    refused = ["b@example.com"]

    def refusing(target: Target, mail: EmailMessage) -> None:
        if target.recipient in refused:
            raise NotSentError("refused")
        deliver(target, mail)

    with listening_mail_server() as heard:
        settings = addressed(home, heard, "a", "b")
        mailed = [mail_report(settings, clock=At(MONDAY), deliver=refusing) for _ in range(2)]
        refused.clear()
        mailed += [mail_report(settings, clock=At(MONDAY + timedelta(days=days))) for days in (0, 1, 7)]
        mailed.append(mail_report(settings, again=True, clock=At(MONDAY + timedelta(days=7))))
    mails = received(heard)

    assert [
        Mailed(sent=1, unsent=["refused"]),
        Mailed(known=1, unsent=["refused"]),
        Mailed(sent=1, known=1),
        Mailed(known=2),
        Mailed(sent=2),
        Mailed(sent=2),
    ] == mailed
    assert ["a", "b", "a", "b", "a", "b"] == [mail["To"].split("@")[0] for mail in mails]
    ids = [mail["Message-ID"] for mail in mails]
    assert (4, ids[2:4]) == (len(set(ids)), ids[4:])
    assert "example.com" not in home.layout.mailed_report.read_text()


def test_it_is_plain_text_and_html_with_a_date_and_a_subject(home: Settings) -> None:
    with listening_mail_server() as heard:
        mail_report(addressed(home, heard, "ops"), clock=At(MONDAY))
    [mail] = received(heard)

    assert "multipart/alternative" == mail.get_content_type()
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]
    assert "[Sighten production] Week of 3 Sep 2018: 0 submits, 1 approval" == mail["Subject"]
    assert MONDAY == mail["Date"].datetime
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Median time to approval: 5 d 2 h (none still open)" in text.get_content()


def test_without_a_version_nothing_is_sent(tmp_path: Path) -> None:
    with listening_mail_server() as heard, pytest.raises(NotPublishedError):
        mail_report(addressed(Settings(home=tmp_path), heard, "a"), clock=At(MONDAY))

    assert [] == heard.messages


def test_by_hand_it_is_printed_written_or_sent(home: Settings, tmp_path: Path) -> None:
    def mail(*options: str, **settings: str) -> tuple[int, str]:
        environment = {"SIGHTEN_HOME": str(home.home), "SIGHTEN_REPORT_TO": "", "SIGHTEN_ENV": ""} | settings
        result = CliRunner().invoke(commands, ["mail", *options], env=environment)
        return result.exit_code, result.output

    with listening_mail_server() as heard:
        sent = [mail("--send", SIGHTEN_REPORT_TO=heard.url) for _ in range(2)]
    page = tmp_path / "week.html"

    assert [(0, "sent 1 of 1 e-mails\n")] * 2 == [(code, output.splitlines()[-1] + "\n") for code, output in sent]
    assert 2 == len(heard.messages)
    assert "Median time to approval: 5 d 2 h" in mail()[1]
    assert 0 == mail("--to", str(page))[0]
    assert page.read_text().startswith("<!doctype html>")
    assert 2 == mail("--send")[0]
    assert (1, True) == ((unsent := mail("--send", SIGHTEN_REPORT_TO=heard.url))[0], "not sent: smtp://" in unsent[1])


@pytest.mark.parametrize("address", ["ops@s3cret.example", "https://s3cret.example/hook", "smtp://s3cret.example"])
def test_an_address_that_is_no_e_mail_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_REPORT_TO: expected smtp://user") as refused:
        read_settings({"SIGHTEN_REPORT_TO": address})

    assert "s3cret" not in str(refused.value)

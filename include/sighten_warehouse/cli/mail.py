"""`sighten-warehouse mail`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import writing_to
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.escaping import printable_lines

if TYPE_CHECKING:
    from sighten_warehouse.settings import Settings


@click.command()
@click.option("--send", is_flag=True, help="Send it to SIGHTEN_REPORT_TO now, also where this week's was sent.")
@click.option(
    "--to", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write it as an HTML file, to look at it."
)
def mail(*, send: bool, path: Path | None) -> None:
    """Print, write or send the weekly report.

    It is about the last full week (UTC), and masked whatever SIGHTEN_PII is. Airflow sends it once for each week, on
    Monday morning (DAG sighten_mail_report). Exits with 1 if an e-mail was not sent.

    \b
    Examples:
      sighten-warehouse mail
      sighten-warehouse mail --to week.html
      sighten-warehouse mail --send
    """
    from sighten_warehouse.publish.versions import pull_newest
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    if send and not settings.report_to:
        raise click.UsageError(
            "--send: SIGHTEN_REPORT_TO is not set; expected smtp://user:password@host/to@example.com"
        )
    if send and path:
        raise click.UsageError("expected either --send or --to")
    pull_newest(settings)
    if send:
        _send(settings)
    else:
        _show(settings, path)


def _show(settings: "Settings", path: Path | None) -> None:
    from sighten_warehouse.clock import Clock
    from sighten_warehouse.durable import write_durably
    from sighten_warehouse.report.weekly import read_weekly
    from sighten_warehouse.report.weekly_mail import as_html, as_text

    weekly = read_weekly(settings, today=Clock().now().date())
    if path is None:
        click.echo(as_text(weekly), nl=False)
        return
    with writing_to(path, option="--to"):
        write_durably(path, as_html(weekly).encode())
    click.echo(f"weekly report written to {path}", err=True)


def _send(settings: "Settings") -> None:
    from sighten_warehouse.ops.mailing import mail_report

    mailed = mail_report(settings, again=True)
    click.echo(f"sent {mailed.sent} of {mailed.sent + len(mailed.unsent)} e-mails")
    for reason in mailed.unsent:
        click.echo(printable_lines(f"error: not sent: {reason}"), err=True)
    if mailed.unsent:
        sys.exit(NEEDS_ATTENTION)

"""`sighten-warehouse erase`."""

import sys
from typing import TYPE_CHECKING
from uuid import UUID

import click

from sighten_warehouse.cli.home import require_home
from sighten_warehouse.cli.main import NEEDS_ATTENTION

if TYPE_CHECKING:
    from sighten_warehouse.erase import Erased, Run, Subject
    from sighten_warehouse.settings import Settings


@click.command()
@click.option("--site", type=click.UUID, metavar="ID", help="Erase all milestones of this site.")
@click.option("--email", metavar="ADDRESS", help="Erase this e-mail address, and the names beside it.")
@click.option("--milestone", type=click.UUID, metavar="ID", help="Erase this milestone.")
@click.option("--dry-run", is_flag=True, help="Only count what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--resume", is_flag=True, help="Finish an erasure that was interrupted; it was approved then.")
def erase(
    *, site: UUID | None, email: str | None, milestone: UUID | None, dry_run: bool, yes: bool, resume: bool
) -> None:
    """Erase a site, a person's e-mail address or a milestone, for good.

    It goes from raw landing, lake, vault, all published versions, the Parquet export, the report and the portable files
    that `publish --portable` wrote. Only the newest version stays. Landed lines stay as lines without their content. A
    receipt in erasures/ says what was erased; it holds a keyed digest in place of the id or address. What comes again,
    by webhook, rebuild or backfill, is erased when it is loaded.

    Of a site or milestone, whole deliveries go, and its documents. Of a person, only the address and the names beside
    it go from each delivery, and documents in which the address can be read.

    Loading and publishing continue meanwhile. If it is interrupted, --resume or the next call finishes it. Backups, and
    copies that nobody recorded, are not found. Exits with 1 if there is something to look at.

    \b
    Examples:
      sighten-warehouse erase --email jane@example.com --dry-run
      sighten-warehouse erase --site 189bd7c0-2e6f-45cb-a00e-33ca4fe297d2
      sighten-warehouse erase --resume
    """
    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="erase"):
        from sighten_warehouse.erase import erase as erase_subject
        from sighten_warehouse.erase import resume as finish

    given = {"site": site, "email": email, "milestone": milestone}
    named = [(what, str(value)) for what, value in given.items() if value is not None]
    if len(named) + resume != 1 or (resume and dry_run):
        raise click.UsageError("expected one of --site, --email, --milestone and --resume")
    settings = read_settings()
    require_home(settings)
    if resume:
        erased = finish(settings, _run())
        if not erased.erasures:
            click.echo("no erasure is unfinished")
    else:
        subject = _subject(*named[0])
        if dry_run or not yes:
            _preview(settings, subject)
        if dry_run:
            return
        if not yes:
            _ask(subject)
        erased = erase_subject(settings, subject, _run())
    _end(settings, erased)


def _subject(what: str, value: str) -> "Subject":
    from sighten_warehouse.erase import Subject

    try:
        return Subject(what, value)  # type: ignore[arg-type]  # one of the options' names
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"--{what}") from error


def _run() -> "Run":
    from sighten_warehouse.cli.main import prepare_process
    from sighten_warehouse.erase import Run
    from sighten_warehouse.load.workers import usable_cores

    return Run(jobs=usable_cores(), on_start=prepare_process)


def _preview(settings: "Settings", subject: "Subject") -> None:
    from sighten_warehouse.erase import preview

    for place, count in preview(settings, subject).items():
        click.echo(f"{count:>9,}  {place}")


def _ask(subject: "Subject") -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("expected --yes, since there is no terminal to ask on")
    if not click.confirm(f"Erase this {subject.what} for good?"):
        raise click.Abort


def _end(settings: "Settings", erased: "Erased") -> None:
    for erasure in erased.erasures:
        counts = ", ".join(f"{count:,} {place}" for place, count in erasure.erased.items())
        state = f"published {erasure.version}" if erasure.finished_at else "not finished"
        click.echo(f"erased {erasure.what}: {counts}; {state}")
        click.echo(settings.layout.erasures / f"{erasure.erasure_id}.json")
    if erased.is_unfinished:
        click.echo("not finished: run `sighten-warehouse erase --resume` once this is mended", err=True)
    for place, why in erased.left.items():
        click.echo(f"{place}: {why}", err=True)
    if erased.left:
        sys.exit(NEEDS_ATTENTION)

"""`sighten-warehouse backup`."""

import sys
from pathlib import Path

import click

from sighten_warehouse.cli.ending import end
from sighten_warehouse.cli.home import require_home

RUNBOOK = "docs/runbook.md#back-up"


@click.command()
@click.argument("to", required=False, type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Read every file, at home and in the backup, and compare digests.")
@click.option(
    "--keep", default=7, show_default=True, type=click.IntRange(1), help="How many backups are kept, with this one."
)
def backup(to: Path | None, *, verify: bool, keep: int) -> None:
    """Back up the home to the folder TO, or to SIGHTEN_BACKUP_TO.

    Each backup is a whole tree of plain files, and shares unchanged files with the one before by hard links. Receiving,
    loading, publishing and reading go on. If it is interrupted, earlier backups stay, and the next call goes on from
    there. Holds personal data and the key of pseudonyms: protect it like the home.

    Exits with 1 if a file of the home is missing or altered, or if a copy in an earlier backup is.

    \b
    Examples:
      sighten-warehouse backup /mnt/backup/sighten
      sighten-warehouse backup /mnt/backup/sighten --verify
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.backup import back_up
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("files", total=None)
        made = back_up(
            settings,
            to,
            verify=verify,
            keep=keep,
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    problems = [f"{name}: {problem} ({RUNBOOK})" for name, problem in made.problems.items()]
    if made.kept_because:
        problems.append(f"no earlier backup was removed: {made.kept_because}")
    copied = f"copied {made.copied:,} ({made.copied_bytes / 1e6:,.1f} MB)"
    removed = f"; removed {', '.join(made.removed)}" if made.removed else ""
    end(f"backed up {made.files:,} files, {copied}, to {made.path}{removed}", problems, needs_attention=bool(problems))

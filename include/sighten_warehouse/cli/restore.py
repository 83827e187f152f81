"""`sighten-warehouse restore`."""

import sys
from pathlib import Path

import click

from sighten_warehouse.cli.ending import end


@click.command()
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--dry-run", is_flag=True, help="Read the whole backup and compare digests; restore nothing.")
@click.option("--without-damaged", is_flag=True, help="Leave out the files of the backup that are damaged.")
def restore(source: Path, *, dry_run: bool, without_damaged: bool) -> None:
    """Restore the newest backup in the folder FROM, or the backup FROM, into an empty home.

    The home is what SIGHTEN_HOME and SIGHTEN_ENV name. Each file is compared with its digest. The home appears at the
    end, by one rename, or not at all. Then run `publish`, which makes what no backup holds.

    Exits with 1 if files of the backup are damaged, and restores nothing then, except with --without-damaged.

    \b
    Examples:
      sighten-warehouse restore /mnt/backup/sighten
      sighten-warehouse restore /mnt/backup/sighten/20261129T024700.000000Z
      sighten-warehouse restore /mnt/backup/sighten --dry-run
    """
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import DownloadColumn, Progress

    from sighten_warehouse.backup.restore import check_backup
    from sighten_warehouse.backup.restore import restore as restore_backup
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    columns = [*Progress.get_default_columns(), DownloadColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("bytes", total=None)

        def on_progress(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        if dry_run:
            found = check_backup(source, on_progress=on_progress)
        else:
            found = restore_backup(settings, source, without_damaged=without_damaged, on_progress=on_progress)
    size = decimal(sum(stored.size for stored in found.backup.files.values()))
    of = f"{len(found.backup.files):,} files ({size}) of {found.source}"
    done = "read" if dry_run else "restored"
    into = "; nothing was restored" if dry_run else f" into {settings.layout.root}. Next: sighten-warehouse publish"
    problems = [f"{name}: {problem}" for name, problem in found.damaged.items()]
    end(f"{done} {of}, {len(found.damaged):,} damaged{into}", problems, needs_attention=bool(problems))

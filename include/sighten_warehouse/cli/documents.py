"""`sighten-warehouse documents …`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from sighten_warehouse.cli.ending import end
from sighten_warehouse.settings import read_settings

if TYPE_CHECKING:
    from sighten_warehouse.documents.step import DownloadResult


@click.group(invoke_without_command=True)
@click.pass_context
def documents(context: click.Context) -> None:
    """Download the documents that are due, or look after those that are stored.

    Without a command of its own it is `documents download`.

    \b
    Examples:
      sighten-warehouse documents
      sighten-warehouse documents fetch 189bd7c0-2e6f-45cb-a00e-33ca4fe297d2 --to inspection.pdf
    """
    if context.invoked_subcommand is None:
        context.invoke(download)


@documents.command()
@click.option("--most", type=click.IntRange(min=1), help="At most so many documents.")
@click.option("--backfill", is_flag=True, help="Leave the API to everything else first.")
def download(*, most: int | None, backfill: bool) -> None:
    """Download what is due into the vault; what became of each document counts from the next load on.

    Ends with 1 when a document could not be had. It is tried again later, and keeps no other from being downloaded.

    \b
    Example:
      sighten-warehouse documents download --most 1000 --backfill
    """
    from sighten_warehouse.documents.step import download_documents

    result = download_documents(read_settings(), priority="backfill" if backfill else "live", most=most)
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "DownloadResult") -> str:
    """The result in a line."""
    counts = [f"{count} {status}" for status, count in sorted(result.statuses.items())]
    counts += [f"{result.left} left"] if result.left else []
    return f"documents due: {result.due}; {', '.join(counts) or 'nothing to do'}; {result.stored_bytes:,} bytes stored"


def problems(result: "DownloadResult") -> list[str]:
    """What is to be looked at, a line each."""
    said = [result.problem] if result.problem else []
    failed = sum(result.statuses.values()) - result.stored
    if failed:
        said.append(f"{failed} documents could not be had and are tried again later: see ops.downloads")
    return said


@documents.command()
@click.argument("document_id", type=click.UUID)
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def fetch(document_id: UUID, *, target: Path, force: bool) -> None:
    """Write one document to a file: from the vault, or from the API where it is not there yet.

    \b
    Example:
      sighten-warehouse documents fetch 189bd7c0-2e6f-45cb-a00e-33ca4fe297d2 --to inspection.pdf
    """
    from sighten_warehouse.documents.export import fetch_document

    if target.exists() and not force:
        raise click.UsageError(f"{target} is there already: expected another name, or --force")
    sha256 = fetch_document(read_settings(), str(document_id), to=target)
    click.echo(f"{target}: {target.stat().st_size:,} bytes, SHA-256 {sha256}")


@documents.command()
@click.option("--repair", is_flag=True, help="Set damaged files aside, and let what they held be downloaded again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(*, repair: bool, as_json: bool) -> None:
    """Read every file of the vault and compare it with its name and with what is recorded.

    Ends with 1 when a file is damaged or missing.

    \b
    Example:
      sighten-warehouse documents verify --repair
    """
    from sighten_warehouse.documents.verify import verify_vault

    result = verify_vault(read_settings(), repair=repair)
    if as_json:
        click.echo(json.dumps(asdict(result), indent=1))
    else:
        for damage in result.damages:
            click.echo(f"{damage.vault_path}: {damage.problem}, documents {', '.join(damage.document_ids) or 'none'}")
        click.echo(
            f"{result.files} files, {result.documents} documents, {len(result.damages)} damaged, "
            f"{result.unnamed} named by no record"
        )
    if result.damages:
        words = "set aside; `sighten-warehouse documents` downloads them again" if repair else "see --repair"
        click.echo(f"{len(result.damages)} files are damaged or missing: {words}", err=True)
        sys.exit(1)


@documents.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_statuses(*, as_json: bool) -> None:
    """Count the current documents by how far their download is.

    \b
    Example:
      sighten-warehouse documents list --json
    """
    from rich.console import Console
    from rich.table import Table

    from sighten_warehouse.clock import Clock
    from sighten_warehouse.documents.due import progress

    found = progress(read_settings(), clock=Clock())
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("download_status", "documents", "bytes", "tried again from"):
        table.add_column(column, justify="left" if column == "download_status" else "right", no_wrap=True)
    for one in found:
        size = "" if one.size_bytes is None else f"{one.size_bytes:,}"
        again = "" if one.next_attempt_at is None else f"{one.next_attempt_at:%Y-%m-%d %H:%M}"
        table.add_row(one.download_status, f"{one.documents:,}", size, again)
    Console().print(table)

"""`sighten-warehouse documents …`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from sighten_warehouse.cli.ending import end, require_folder_of
from sighten_warehouse.errors import requires_extra
from sighten_warehouse.settings import read_settings

if TYPE_CHECKING:
    from sighten_warehouse.documents.step import DownloadResult


@click.group(invoke_without_command=True)
@click.pass_context
def documents(context: click.Context) -> None:
    """Download documents that are due, and manage stored ones.

    Without a subcommand it runs `documents download`.

    \b
    Examples:
      sighten-warehouse documents
      sighten-warehouse documents fetch 189bd7c0-2e6f-45cb-a00e-33ca4fe297d2 --to inspection.pdf
    """
    if context.invoked_subcommand is None:
        context.invoke(download)


@documents.command()
@click.option("--most", type=click.IntRange(min=1), help="Download at most this many documents.")
@click.option("--backfill", is_flag=True, help="Let all other API calls go first.")
def download(*, most: int | None, backfill: bool) -> None:
    """Download documents that are due into the vault.

    The outcome of each document shows after the next load and publish. Exits with 1 if a document could not be
    downloaded: it is retried later and does not hold up the others.

    \b
    Example:
      sighten-warehouse documents download --most 1000 --backfill
    """
    with requires_extra("api", by="documents"):
        from sighten_warehouse.documents.step import download_documents

    result = download_documents(read_settings(), priority="backfill" if backfill else "live", limit=most)
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "DownloadResult") -> str:
    """The result on one line."""
    counts = [f"{count} {status}" for status, count in sorted(result.statuses.items())]
    counts += [f"{result.left} left"] if result.left else []
    return f"documents due: {result.due}; {', '.join(counts) or 'nothing to do'}; {result.stored_bytes:,} bytes stored"


def problems(result: "DownloadResult") -> list[str]:
    """What needs attention, one line each."""
    lines = [result.problem] if result.problem else []
    failed = sum(result.statuses.values()) - result.stored
    if failed:
        lines.append(f"{failed} documents could not be downloaded and are retried later: see ops.downloads")
    return lines


@documents.command()
@click.argument("document_id", type=click.UUID)
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def fetch(document_id: UUID, *, target: Path, force: bool) -> None:
    """Write one document to a file, from the vault or the API.

    The API is called only if the vault lacks the document.

    \b
    Example:
      sighten-warehouse documents fetch 189bd7c0-2e6f-45cb-a00e-33ca4fe297d2 --to inspection.pdf
    """
    with requires_extra("api", by="documents"):
        from sighten_warehouse.documents.export import fetch_document

    require_folder_of(target, option="--to")
    if target.exists() and not force:
        raise click.UsageError(f"{target} exists: expected another name or --force")
    sha256 = fetch_document(read_settings(), str(document_id), to=target)
    click.echo(f"{target}: {target.stat().st_size:,} bytes, SHA-256 {sha256}")


@documents.command()
@click.option("--repair", is_flag=True, help="Set damaged files aside and have them downloaded again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def verify(*, repair: bool, as_json: bool) -> None:
    """Check every vault file against its name and its record.

    Exits with 1 if a file is damaged or missing.

    \b
    Example:
      sighten-warehouse documents verify --repair
    """
    with requires_extra("api", by="documents"):
        from sighten_warehouse.documents.verify import verify_vault

    result = verify_vault(read_settings(), repair=repair)
    if as_json:
        click.echo(json.dumps(asdict(result), indent=1))
    else:
        for damage in result.damages:
            click.echo(f"{damage.vault_path}: {damage.problem}, documents {', '.join(damage.document_ids) or 'none'}")
        click.echo(
            f"{result.files} files, {result.documents} documents, {len(result.damages)} damaged, "
            f"{result.unnamed} without a record"
        )
    if result.damages:
        remedy = "set aside; `sighten-warehouse documents` downloads them again" if repair else "see --repair"
        click.echo(f"{len(result.damages)} files are damaged or missing: {remedy}", err=True)
        sys.exit(1)


@documents.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_statuses(*, as_json: bool) -> None:
    """Count current documents by download status.

    \b
    Example:
      sighten-warehouse documents list --json
    """
    from rich.console import Console
    from rich.table import Table

    from sighten_warehouse.clock import Clock

    with requires_extra("api", by="documents"):
        from sighten_warehouse.documents.due import progress

    groups = progress(read_settings(), clock=Clock())
    if as_json:
        click.echo(json.dumps([asdict(group) for group in groups], default=str, indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("download_status", "documents", "bytes", "next attempt"):
        table.add_column(column, justify="left" if column == "download_status" else "right", no_wrap=True)
    for group in groups:
        size = "" if group.size_bytes is None else f"{group.size_bytes:,}"
        next_attempt = "" if group.next_attempt_at is None else f"{group.next_attempt_at:%Y-%m-%d %H:%M}"
        table.add_row(group.download_status, f"{group.documents:,}", size, next_attempt)
    Console().print(table)

"""`sighten-warehouse status`."""

import json
import sys
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from sighten_warehouse.cli.home import require_home
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.ops.status import Status, read_status
from sighten_warehouse.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quick", is_flag=True, help="Trust the commits instead of recounting every landed line.")
def status(*, as_json: bool, quick: bool) -> None:
    """Check that each delivery has one outcome; show freshness.

    Also shows quarantine, drift, failed checks and coverage. Exits with 1 if the balance does not hold or the
    published file is missing.

    \b
    Examples:
      sighten-warehouse status
      sighten-warehouse status --json
    """
    settings = read_settings()
    require_home(settings)
    found = read_status(settings, recount=not quick)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"balanced": found.balanced}, default=str, indent=1))
    else:
        Console().print(_table(found))
    if found.published_file_missing:
        click.echo(
            f"error: {settings.layout.warehouse_file}: missing, expected version {found.version}; "
            "run `sighten-warehouse publish` to write it again",
            err=True,
        )
    if not found.balanced:
        click.echo(f"error: {found.explain()}", err=True)
    if found.published_file_missing or not found.balanced:
        sys.exit(NEEDS_ATTENTION)


def _table(found: Status) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    method = "counted line by line" if found.recounted else "according to the commits"
    table.add_row("landed", f"{found.landed:,}", f"in {found.landing_files:,} landing files, {method}")
    for outcome, count in found.outcomes.items():
        table.add_row(f"  {outcome}", f"{count:,}", _format_reasons(found) if outcome == "quarantined" else "")
    table.add_row("  unpublished", f"{found.unpublished:,}", "loaded, will be in the next version")
    table.add_row("  pending", f"{found.pending:,}", f"in {found.pending_files:,} landing files not loaded yet")
    table.add_row("balance", "holds" if found.balanced else "BROKEN", found.explain())
    table.add_row("batches", f"{found.batches:,}", f"last commit: {found.last_committed_at or 'never'}")
    if found.outdated:
        table.add_row(
            "  outdated",
            f"{found.outdated:,}",
            "loaded by other rules: run `sighten-warehouse rebuild`",
        )
    for check, findings in found.checks.items():
        table.add_row("check", f"{findings:,}", f"{check}: see ops.checks")
    if found.coverage:
        table.add_row("coverage", *_format_coverage(found.coverage))
    table.add_row("drift", f"{found.drift:,}", "places in payloads with a new field, code or shape: see ops.drift")
    table.add_row(
        "published",
        "",
        f"{found.published_at or 'never'}, newest delivery received: {found.last_received_at or 'none'}",
    )
    return table


def _format_coverage(coverage: dict[str, int]) -> tuple[str, str]:
    changed = coverage["changed"]
    summary = (
        f"{coverage['delivered']:,} of {changed:,} milestone changes delivered by webhook, {coverage['pulled']:,} of"
        f" {coverage['missing']:,} missing ones pulled: see ops.coverage"
    )
    return f"{coverage['delivered'] / changed:.1%}" if changed else "", summary


def _format_reasons(found: Status) -> str:
    decided = found.outcomes["quarantined"] - sum(found.quarantine.values())
    reasons = [f"{count} {reason}" for reason, count in found.quarantine.items()]
    return ", ".join(reasons + ([f"{decided} decided"] if decided else []))

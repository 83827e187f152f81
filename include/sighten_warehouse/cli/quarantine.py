"""`sighten-warehouse quarantine …`."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from sighten_warehouse.settings import read_settings

if TYPE_CHECKING:
    from sighten_warehouse.ops.decisions import Retried
    from sighten_warehouse.ops.quarantine import Landed, Quarantined


@click.group()
def quarantine() -> None:
    """Inspect, retry or discard deliveries that could not be read.

    A decision is landed like a delivery: nothing landed is changed or removed, and a rebuild gives the same rows.
    ops.quarantine and ops.decisions show what was decided, when, and what replaced the delivery.

    \b
    Examples:
      sighten-warehouse quarantine list
      sighten-warehouse quarantine retry --all
    """


@quarantine.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_open(*, as_json: bool) -> None:
    """List quarantined deliveries without a decision.

    \b
    Example:
      sighten-warehouse quarantine list --json
    """
    from sighten_warehouse.ops.quarantine import quarantined

    still_open = [delivery for delivery in quarantined(read_settings().layout) if delivery.decision is None]
    if as_json:
        click.echo(json.dumps([asdict(delivery) for delivery in still_open], default=str, indent=1))
    else:
        _print(still_open)


def _print(deliveries: list["Quarantined"]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sighten_warehouse.escaping import printable

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("landing_id", "received_at", "reason", "place", "expected", "bytes"):
        table.add_column(column, justify="right" if column == "bytes" else "left", overflow="fold")
    for delivery in deliveries:
        row = (
            delivery.landing_id,
            delivery.received_at,
            delivery.reason,
            delivery.place,
            delivery.expected,
            delivery.body_bytes,
        )
        table.add_row(*(Text("" if value is None else printable(str(value))) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
    click.echo(f"({len(deliveries):,} open)", err=True)


@quarantine.command()
@click.argument("landing_id")
@click.option("--raw", is_flag=True, help="Print only the body, byte for byte as received.")
def show(landing_id: str, *, raw: bool) -> None:
    """Show one delivery, and where and why it could not be read.

    Bodies hold personal data: take care where you save the output of --raw.

    \b
    Example:
      sighten-warehouse quarantine show 01a20a1c-f39a-7472-b9b2-245396a5f37a --raw > mended.json
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops.quarantine import find, landed

    layout = read_settings().layout
    try:
        [(delivery, original)] = landed(layout, find(layout, [landing_id]))
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    if raw:
        sys.stdout.buffer.write(original.body)
    else:
        click.echo("\n".join(_format_delivery(delivery, original)))


def _format_delivery(delivery: "Quarantined", original: "Landed") -> list[str]:
    from sighten_warehouse.cli.excerpt import excerpt
    from sighten_warehouse.escaping import printable

    facts: dict[str, Any] = {
        "landing_id": delivery.landing_id,
        "received_at": delivery.received_at,
        "landing_file": delivery.landing_file,
        "line_number": delivery.line_number,
    }
    if original.line is not None:
        envelope = ("source", "method", "content_type", "headers", "body_bytes", "body_sha256")
        facts |= {name: getattr(original.line, name) for name in envelope}
    facts |= {"reason": delivery.reason, "place": delivery.place, "expected": delivery.expected}
    facts |= {"decision": delivery.decision, "retried_as": delivery.retried_as} if delivery.decision else {}
    lines = [f"{name:12}  {'' if value is None else printable(str(value))}" for name, value in facts.items()]
    return [*lines, "", *excerpt(original.body, _text(original), delivery.place)]


def _text(original: "Landed") -> str | None:
    from sighten_warehouse.errors import RejectedError
    from sighten_warehouse.payload.decode import decode_body

    if original.line is None:
        return original.raw.decode("utf-8", "replace")
    try:
        return decode_body(original.body, headers=original.line.headers, content_type=original.line.content_type)
    except RejectedError:
        return None


@quarantine.command()
@click.argument("landing_ids", nargs=-1, metavar="[LANDING_ID]...")
@click.option("--all", "all_open", is_flag=True, help="All deliveries without a decision.")
@click.option(
    "--as", "mended", type=click.File("rb"), metavar="FILE", help="Use the body in this file instead of the original."
)
def retry(landing_ids: tuple[str, ...], *, all_open: bool, mended: BinaryIO | None) -> None:
    """Read deliveries again, after an upgrade or with a corrected body.

    Deliveries that can be read now are landed again with their original time of receiving, loaded, and shown after the
    next publish. The others stay in quarantine, and the exit code is 1.

    \b
    Examples:
      sighten-warehouse quarantine retry --all
      sighten-warehouse quarantine retry 01a20a1c-f39a-7472-b9b2-245396a5f37a --as mended.json
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops import decisions as decide
    from sighten_warehouse.ops.quarantine import quarantined

    if bool(landing_ids) == all_open or (mended and len(landing_ids) != 1):
        raise click.UsageError("expected LANDING_IDs or --all; with --as exactly one LANDING_ID")
    settings = read_settings()
    try:
        if mended:
            results = [decide.retry_as(settings, landing_ids[0], mended.read())]
        else:
            still_open = [item.landing_id for item in quarantined(settings.layout) if item.decision is None]
            results = decide.retry(settings, still_open if all_open else landing_ids)
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    for result in results:
        click.echo(_outcome(result))
    if any(result.retried_as is None for result in results):
        sys.exit(1)


def _outcome(result: "Retried") -> str:
    from sighten_warehouse.escaping import printable

    if result.retried_as is None:
        return printable(f"{result.landing_id}: still {result.reason} at {result.place}: expected {result.expected}")
    return f"{result.landing_id}: {result.outcome} as {result.retried_as} ({result.kind})"


@quarantine.command()
@click.argument("landing_ids", nargs=-1, required=True, metavar="LANDING_ID...")
@click.option("--reason", required=True, help="Why they are discarded; the reason is kept.")
def discard(landing_ids: tuple[str, ...], *, reason: str) -> None:
    """Discard deliveries that need no retry.

    They stay in landing and in ops.quarantine, with the reason.

    \b
    Example:
      sighten-warehouse quarantine discard 01a20a1c-f39a-7472-b9b2-245396a5f37a --reason "a health check"
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops import decisions as decide

    if not reason.strip():
        raise click.UsageError("--reason is empty: expected a reason")
    try:
        decide.discard(read_settings(), landing_ids, reason=reason)
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"discarded {len(set(landing_ids))}")

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
    """Look at deliveries that could not be read, and decide what becomes of them.

    A decision is landed like a delivery: nothing that was landed is changed or removed, and a rebuild gives the same
    rows. What was decided, when, and what took its place stands in ops.quarantine and ops.decisions.

    \b
    Examples:
      sighten-warehouse quarantine list
      sighten-warehouse quarantine retry --all
    """


@quarantine.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_open(*, as_json: bool) -> None:
    """List the deliveries that could not be read and that nobody has decided on.

    \b
    Example:
      sighten-warehouse quarantine list --json
    """
    from sighten_warehouse.ops.quarantine import quarantined

    still_open = [one for one in quarantined(read_settings().layout) if one.decision is None]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in still_open], default=str, indent=1))
    else:
        _print(still_open)


def _print(found: list["Quarantined"]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sighten_warehouse.cli.excerpt import printable

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("landing_id", "received_at", "reason", "place", "expected", "bytes"):
        table.add_column(column, justify="right" if column == "bytes" else "left", overflow="fold")
    for one in found:
        row = (one.landing_id, one.received_at, one.reason, one.place, one.expected, one.body_bytes)
        table.add_row(*(Text("" if value is None else printable(str(value))) for value in row))
    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
    click.echo(f"({len(found):,} open)", err=True)


@quarantine.command()
@click.argument("landing_id")
@click.option("--raw", is_flag=True, help="Print the body alone, byte for byte as it came.")
def show(landing_id: str, *, raw: bool) -> None:
    """Show one delivery: what came with it, why it could not be read, and the place.

    Bodies hold personal data: mind where you put what --raw prints.

    \b
    Example:
      sighten-warehouse quarantine show 01a20a1c-f39a-7472-b9b2-245396a5f37a --raw > mended.json
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops.quarantine import find, landed

    layout = read_settings().layout
    try:
        [(one, found)] = landed(layout, find(layout, [landing_id]))
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    if raw:
        sys.stdout.buffer.write(found.body)
    else:
        click.echo("\n".join(_tell(one, found)))


def _tell(one: "Quarantined", found: "Landed") -> list[str]:
    from sighten_warehouse.cli.excerpt import excerpt, printable

    facts: dict[str, Any] = {
        "landing_id": one.landing_id,
        "received_at": one.received_at,
        "landing_file": one.landing_file,
        "line_number": one.line_number,
    }
    if found.line is not None:
        envelope = ("source", "method", "content_type", "headers", "body_bytes", "body_sha256")
        facts |= {name: getattr(found.line, name) for name in envelope}
    facts |= {"reason": one.reason, "place": one.place, "expected": one.expected}
    facts |= {"decision": one.decision, "retried_as": one.retried_as} if one.decision else {}
    summary_line = [f"{name:12}  {'' if value is None else printable(str(value))}" for name, value in facts.items()]
    return [*summary_line, "", *excerpt(found.body, _text(found), one.place)]


def _text(found: "Landed") -> str | None:
    from sighten_warehouse.errors import RejectedError
    from sighten_warehouse.payload.decode import decode_body

    if found.line is None:
        return found.raw.decode("utf-8", "replace")
    try:
        return decode_body(found.body, headers=found.line.headers, content_type=found.line.content_type)
    except RejectedError:
        return None


@quarantine.command()
@click.argument("landing_ids", nargs=-1, metavar="[LANDING_ID]...")
@click.option("--all", "every", is_flag=True, help="All that are open.")
@click.option(
    "--as", "mended", type=click.File("rb"), metavar="FILE", help="Read this body in place of the one that came."
)
def retry(landing_ids: tuple[str, ...], *, every: bool, mended: BinaryIO | None) -> None:
    """Read deliveries again, after an upgrade or with a body mended by hand, and load what can be read now.

    It is landed anew, with the time of receiving of the one whose place it takes, and counts from the next publish on.
    What still cannot be read stays as it was. Ends with 1 when there is any.

    \b
    Examples:
      sighten-warehouse quarantine retry --all
      sighten-warehouse quarantine retry 01a20a1c-f39a-7472-b9b2-245396a5f37a --as mended.json
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops import decisions as decide
    from sighten_warehouse.ops.quarantine import quarantined

    if bool(landing_ids) == every or (mended and len(landing_ids) != 1):
        raise click.UsageError("expected ids or --all, and with --as one id")
    settings = read_settings()
    try:
        if mended:
            results = [decide.retry_as(settings, landing_ids[0], mended.read())]
        else:
            still_open = [one.landing_id for one in quarantined(settings.layout) if one.decision is None]
            results = decide.retry(settings, still_open if every else landing_ids)
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    for result in results:
        click.echo(_outcome(result))
    if any(result.retried_as is None for result in results):
        sys.exit(1)


def _outcome(result: "Retried") -> str:
    from sighten_warehouse.cli.excerpt import printable

    if result.retried_as is None:
        return printable(f"{result.landing_id}: still {result.reason} at {result.place}: expected {result.expected}")
    return f"{result.landing_id}: {result.outcome} as {result.retried_as} ({result.kind})"


@quarantine.command()
@click.argument("landing_ids", nargs=-1, required=True, metavar="LANDING_ID...")
@click.option("--reason", required=True, help="Why nothing shall come of them; it is kept.")
def discard(landing_ids: tuple[str, ...], *, reason: str) -> None:
    """Record that nothing shall come of deliveries; they stay in landing and in ops.quarantine.

    \b
    Example:
      sighten-warehouse quarantine discard 01a20a1c-f39a-7472-b9b2-245396a5f37a --reason "a health check"
    """
    from sighten_warehouse.errors import NotQuarantinedError
    from sighten_warehouse.ops import decisions as decide

    if not reason.strip():
        raise click.UsageError("--reason: expected some words")
    try:
        decide.discard(read_settings(), landing_ids, reason=reason)
    except NotQuarantinedError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"discarded {len(set(landing_ids))}")

"""`sighten-warehouse drift …`."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.home import require_home
from sighten_warehouse.settings import read_settings

if TYPE_CHECKING:
    from sighten_warehouse.ops.drift import DriftPlace


@click.group()
def drift() -> None:
    """List new fields, codes and shapes in payloads, and acknowledge them.

    \b
    Examples:
      sighten-warehouse drift list
      sighten-warehouse drift acknowledge status HOLD --note "asked Sighten"
    """


@drift.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was acknowledged.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
def list_places(*, everything: bool, as_json: bool) -> None:
    """List drift that nobody has acknowledged, last seen first.

    \b
    Example:
      sighten-warehouse drift list --all
    """
    from sighten_warehouse.ops.drift import drift_places

    settings = read_settings()
    require_home(settings)
    places = [place for place in drift_places(settings) if everything or place.acknowledged is None]
    if as_json:
        click.echo(json.dumps([asdict(place) for place in places], default=str, indent=1) if places else "[]")
    else:
        _print(places)


def _print(places: "list[DriftPlace]") -> None:
    from sighten_warehouse.escaping import printable

    head = ("kind", "drift", "field", "value", "deliveries", "last seen (UTC)", "acknowledged")
    rows = [head, *(_row(place) for place in places)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    for row in rows if places else ():
        cells = (printable(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
    click.echo(f"({len(places):,} places)", err=True)


def _row(place: "DriftPlace") -> tuple[str, ...]:
    return (
        place.kind or "",
        place.drift,
        place.path,
        (place.example or "")[:60],
        f"{place.deliveries:,}",
        f"{place.last_seen_at:%Y-%m-%d %H:%M}",
        "" if place.acknowledged is None else place.acknowledged.acknowledged_at[:10],
    )


@drift.command()
@click.argument("field", required=False)
@click.argument("value", required=False)
@click.option("--kind", help="Only in bodies of this kind, such as task.")
@click.option("--all", "everything", is_flag=True, help="Everything that is listed.")
@click.option("--note", help="What you found out; shown in ops.drift.")
def acknowledge(*, field: str | None, value: str | None, kind: str | None, everything: bool, note: str | None) -> None:
    """Record that somebody has looked at drift; what is new after that is listed again.

    FIELD and VALUE as `drift list` shows them; without VALUE, every value of the field.

    \b
    Examples:
      sighten-warehouse drift acknowledge 'tasks[].status' HOLD
      sighten-warehouse drift acknowledge --all --note "checked with the vendor"
    """
    from sighten_warehouse.ops.drift import acknowledge as acknowledge_places

    if (field is None) != everything:
        raise click.UsageError("expected either FIELD or --all")
    settings = read_settings()
    require_home(settings)
    places = acknowledge_places(settings, kind=kind, path=field, value=value, note=note)
    if not places:
        click.echo("error: no such open drift; expected a FIELD that `sighten-warehouse drift list` shows", err=True)
        sys.exit(1)
    click.echo(f"acknowledged {len(places)} places; the next publish shows it in ops.drift")

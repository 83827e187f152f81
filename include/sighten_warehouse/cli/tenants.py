"""`sighten-warehouse tenants`."""

import sys
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.escaping import printable_lines

if TYPE_CHECKING:
    from sighten_warehouse.ops.tenants import TenantState


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
def tenants(*, as_json: bool) -> None:
    """List the tenants of SIGHTEN_TENANTS with what waits.

    Shows of each its home, its receiver's URL, deliveries that are not published, when it was last published, and how
    many problems `status` has; on stderr its errors. Exits with 1 if there is one, with 2 if the file is unreadable.

    \b
    Examples:
      sighten-warehouse tenants
      sighten-warehouse --tenant acme status
    """
    import msgspec

    from sighten_warehouse.errors import SettingError
    from sighten_warehouse.ops.tenants import tenant_states

    states = list(tenant_states())
    if not states:
        raise SettingError("SIGHTEN_TENANTS is not set; expected a file of tenants (docs/tenants.md)")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(states), indent=1))
    else:
        for row in _rows(states):
            click.echo(printable_lines(row))
    for state in states:
        for error in state.errors:
            click.echo(printable_lines(f"error: {state.name}: {error}"), err=True)
    if any(state.errors for state in states):
        sys.exit(NEEDS_ATTENTION)


def _rows(states: "list[TenantState]") -> list[str]:
    """A heading and a line for each tenant, in columns."""
    cells = [("tenant", "home", "receiver", "waiting", "published", "problems"), *map(_cells, states)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def _cells(state: "TenantState") -> tuple[str, ...]:
    published = state.published_at[:19].replace("T", " ") if state.published_at else "not yet"
    counts = {"error": len(state.errors), "warning": len(state.warnings)}
    problems = ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items() if count)
    waiting = "?" if state.waiting is None else f"{state.waiting:,}"
    return state.name, state.home, state.receiver or "?", waiting, published, problems or "none"

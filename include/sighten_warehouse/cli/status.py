"""`sighten-warehouse status`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from sighten_warehouse.alerts.ledger import read_ledger
from sighten_warehouse.cli.home import require_home
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.ops.problems import find_problems
from sighten_warehouse.ops.status import Status, read_status
from sighten_warehouse.settings import read_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quick", is_flag=True, help="Trust the commits instead of recounting every landed line.")
@click.option("--deep", is_flag=True, help="Read every landing and history file and compare it with the commits.")
def status(*, as_json: bool, quick: bool, deep: bool) -> None:
    """Check that each delivery has one outcome; show freshness.

    Also shows quarantine, drift, failed checks and coverage; and on stderr what somebody has to look at, as `watch`
    sends it. Exits with 1 if that includes an error: data is missing, wrong or late.

    \b
    Examples:
      sighten-warehouse status
      sighten-warehouse status --deep --json
    """
    settings = read_settings()
    require_home(settings)
    found = read_status(settings, recount=not quick, deep=deep)
    problems = find_problems(found, settings, read_ledger(settings.layout), now=datetime.now(UTC))
    if as_json:
        listed = [msgspec.to_builtins(problem) for problem in problems]
        facts = asdict(found) | {"balanced": found.balanced, "problems": listed}
        click.echo(json.dumps(facts, default=_as_json, indent=1))
    else:
        for name, count, text in _rows(found):
            click.echo(printable_lines(f"{name:<13} {count:>9}  {text}".rstrip()))
    for problem in problems:
        for sentence in problem.sentences:
            click.echo(printable_lines(sentence), err=True)
    if any(problem.severity == "error" for problem in problems):
        sys.exit(NEEDS_ATTENTION)


def _as_json(value: Any) -> Any:
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else str(value)


def _rows(found: Status) -> Iterator[tuple[str, str, str]]:
    method = "counted line by line" if found.recounted else "according to the commits"
    yield "landed", f"{found.landed:,}", f"in {found.landing_files:,} landing files, {method}"
    for outcome, count in found.outcomes.items():
        yield f"  {outcome}", f"{count:,}", _format_reasons(found) if outcome == "quarantined" else ""
    yield "  unpublished", f"{found.unpublished:,}", "loaded, will be in the next version"
    yield "  pending", f"{found.pending:,}", f"in {found.pending_files:,} landing files not loaded yet"
    if found.landing.left_out:
        lost = sum(found.landing.left_out.values())
        text = f"of {lost:,} in {len(found.landing.left_out):,} damaged landing files, which a rebuild left out"
        yield "  left out", f"{found.left_out:,}", text
    yield "balance", "holds" if found.balanced else "BROKEN", found.explain()
    yield "batches", f"{found.batches:,}", f"last commit {_format_time(found.last_committed_at, 'not yet')}"
    if found.outdated:
        yield "  outdated", f"{found.outdated:,}", "loaded by other rules: run `sighten-warehouse rebuild`"
    if found.clean or found.conformed:
        loaded = found.clean + found.conformed
        yield (
            "  fast path",
            f"{found.clean / loaded:.1%}",
            f"{found.clean:,} of {loaded:,} loaded deliveries; others load slower, to the same rows",
        )
    for check, findings in found.checks.items():
        yield "check", f"{findings:,}", f"{check}: see ops.checks"
    if found.coverage:
        yield "coverage", *_format_coverage(found.coverage)
    drift = f"{found.drift - found.acknowledged_drift:,}"
    yield "drift", drift, "places with a new field, code or shape: see `sighten-warehouse drift list`"
    if found.acknowledged_drift:
        yield "  known", f"{found.acknowledged_drift:,}", "places that were acknowledged"
    if found.made_anew_at:
        outcome = "DIFFERS" if found.differing else "equal"
        yield (
            "made anew",
            outcome,
            f"{_format_time(found.made_anew_at, '')}: from all history, against the updates before",
        )
    if found.last_backup:
        yield "backup", "", f"{_format_time(found.last_backup.made_at, '')}, in {found.last_backup.folder}"
    received = _format_time(found.last_received_at, "none yet")
    yield "published", "", f"{_format_time(found.published_at, 'not yet')}, newest delivery received {received}"


def _format_time(time: datetime | str | None, never: str) -> str:
    """The time as everywhere in this output: UTC, to the second."""
    if time is None:
        return never
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


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

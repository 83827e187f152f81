"""`python -m devstack.backfill`: backfill days by the running stack's Airflow; print what each day landed."""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import click

from devstack.airflow_api import AirflowApi
from devstack.credentials import read_admin_password, read_or_make_credentials
from devstack.errors import StackError
from devstack.plan import Plan, read_plan
from devstack.waiting import wait_until
from sighten_warehouse.backfill.rest.step import status

DAG = "sighten_backfill_milestones"
RUN_SECONDS = 3600
POLL_SECONDS = 1.0
TEXT_COLUMNS = 2
HEAD = ("day", "run", "sites", "landed", "failed", "missing", "milestones")
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--from", "first", type=DAY, required=True, metavar="YYYY-MM-DD", help="The first day, UTC.")
@click.option("--to", "last", type=DAY, required=True, metavar="YYYY-MM-DD", help="The last day, UTC.")
@click.option("--retry", is_flag=True, help="Also run days again that have failed.")
def main(*, first: datetime, last: datetime, retry: bool) -> None:
    r"""Backfill past milestones by day, while `make run` serves in another terminal.

    \b
    Example:
      python -m devstack.backfill --from 2026-04-19 --to 2026-04-24
    """
    if first > last:
        raise click.UsageError(
            f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}; expected the same day or earlier"
        )
    try:
        plan = read_plan(os.environ, milestones=0)
        days = (first.date(), last.date())
        runs = run_backfill(plan, *days, retry=retry)
    except StackError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    for line in table(plan, runs):
        click.echo(line)
    if any(state != "success" for state in runs.values()):
        sys.exit(1)


def run_backfill(plan: Plan, first: date, last: date, *, retry: bool) -> dict[date, str]:
    """Start the backfill and wait for its runs; return their states by day.

    Raises:
        StackError: Airflow does not answer, refuses, or takes too long.
    """
    airflow = AirflowApi(plan.airflow.url, password=read_admin_password(read_or_make_credentials(plan.home)))
    airflow.post(
        "backfills",
        {
            "dag_id": DAG,
            "from_date": str(first),
            "to_date": str(last),
            "reprocess_behavior": "failed" if retry else "none",
        },
    )
    runs: dict[date, str] = {}

    def have_ended() -> bool:
        found = airflow.get(f"dags/{DAG}/dagRuns?limit=1000")["dag_runs"]
        runs.update({day: run["state"] for run in found if first <= (day := _day(run)) <= last})
        return bool(runs) and set(runs.values()) <= {"success", "failed"}

    wait_until(have_ended, what="the end of the backfill", seconds=RUN_SECONDS, meanwhile=bool, every=POLL_SECONDS)
    return dict(sorted(runs.items()))


def _day(run: Mapping[str, Any]) -> date:
    return datetime.fromisoformat(run["data_interval_start"]).date()


def table(plan: Plan, runs: Mapping[date, str]) -> Iterator[str]:
    """A line for each day, and the sum."""
    progress = {day.day: day for day in status(plan.settings)}
    rows: list[tuple[Any, ...]] = [HEAD]
    for day, state in runs.items():
        found = progress.get(day)
        counts = (found.expected, found.landed, found.failed, found.missing, found.milestones) if found else (0,) * 5
        rows.append((day, state, *counts))
    rows.append(("total", "", *(sum(row[place] for row in rows[1:]) for place in range(2, len(HEAD)))))
    widths = [max(len(str(row[place])) for row in rows) for place in range(len(HEAD))]
    for row in rows:
        yield "  ".join(
            str(cell).ljust(width) if place < TEXT_COLUMNS else str(cell).rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()


if __name__ == "__main__":
    main()

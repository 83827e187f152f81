"""`python -m prove`: harm the product for some minutes, and report whether its promises held."""

import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Literal

import click

from prove.airflow import live_under_airflow
from prove.at_random import Limits, harm_at_random
from prove.fates import Fates
from prove.faults import Strike
from prove.figures import Figures, read_figures, write_figures
from prove.life import live
from prove.machine import describe_machine
from prove.machine_clock import MachineClock
from prove.page import write_html, write_markdown
from prove.sections import verdict
from prove.table import print_table
from prove.walk import walk

Kind = Literal["long", "short", "airflow"]

BROKEN = 1
SHORT_KILLS = 6
LIFE_KILLS, LIFE_SECONDS = 400, 480.0
WALKS: Mapping[int, Strike] = {0: "kill", 2: "terminate"}  # the others are lived at random


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), help="End after so many; one life is lived in any case."
)
@click.option("--kills", type=click.IntRange(min=1), help="End after so many kills.")
@click.option("--airflow", is_flag=True, help="Start Airflow, and kill its scheduler, other processes and tasks.")
@click.option("--short", is_flag=True, help="A few kills and the main checks, in seconds.")
@click.option("--seed", type=int, help="The same seed draws the same fates; by default a new one.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="For homes and evidence; default: a new one.",
)
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), help="The HTML page; default: in the folder.")
@click.option("--add-to", type=click.Path(path_type=Path, dir_okay=False), help="A JSON file: add to its figures.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Also write the report as Markdown.")
def main(  # noqa: PLR0913  (as many arguments as it has options)
    *,
    minutes: float | None,
    kills: int | None,
    airflow: bool,
    short: bool,
    seed: int | None,
    folder: Path | None,
    page: Path | None,
    add_to: Path | None,
    markdown: Path | None,
) -> None:
    r"""Kill, starve and damage the product under load, and check what it acknowledged.

    Exits with 1 if a promise broke; the evidence is kept, and its folder is named.

    \b
    Example:
      python -m prove --minutes 10
    """
    folder = (folder or Path(mkdtemp(prefix="sighten-prove-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    seed = time.time_ns() % 2**31 if seed is None else seed
    kills = kills or (SHORT_KILLS if short else None)
    seconds = 60 * (minutes or (1 if kills is None else 24 * 60))
    kind: Kind = "airflow" if airflow else "short" if short else "long"
    limits = Limits(kills or sys.maxsize, seconds)
    before = read_figures(add_to) if add_to else Figures()
    found = before + _prove(folder, seed=seed, limits=limits, kind=kind, known=before.points)
    if add_to:
        write_figures(add_to, found)
    page = page or folder / "prove.html"
    write_html(page, found)
    if markdown:
        write_markdown(markdown, found)
    print_table(found)
    click.echo(f"The page: {page}")
    if found.broken:
        click.echo(f"The evidence: {folder}", err=True)
        sys.exit(BROKEN)


def _prove(folder: Path, *, seed: int, limits: Limits, kind: Kind, known: Mapping[str, int]) -> Figures:
    """Live one life after another until the time is over or the kills are done."""
    total = Figures(runs=1, machine=[describe_machine()])
    random, until = Random(seed), time.monotonic() + limits.seconds
    clock = MachineClock(folder)
    clock.take_over()
    fates = Fates(random, known=known)
    while True:
        seconds = min(LIFE_SECONDS, max(until - time.monotonic(), 1.0))
        this = Limits(min(LIFE_KILLS, limits.kills - total.killed), seconds)
        place, drawn = folder / f"life-{total.lives}", random.randrange(2**31)
        if kind == "airflow":
            total += live_under_airflow(place, seed=drawn, limits=this, clock=clock)
        else:
            at_random = partial(harm_at_random, limits=this, fates=fates)
            walks = WALKS.get(total.lives) if kind == "long" else None
            harm = partial(walk, strike=walks) if walks else at_random
            total += live(place, harm, seed=drawn, clock=clock, is_short=kind == "short")
        click.echo(f"life {total.lives}: {verdict(total)}")
        if time.monotonic() >= until or total.killed >= limits.kills:
            return total


if __name__ == "__main__":
    main()

"""The options `--engine` and `--master`, which `rebuild` and `publish` have."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sighten_warehouse.settings import Settings


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command both options."""
    engine = click.option(
        "--engine", type=click.Choice(["duckdb", "spark"]), help="What to compute with; default: SIGHTEN_ENGINE."
    )
    master = click.option("--master", metavar="URL", help="Spark's master; default: SIGHTEN_SPARK_MASTER.")
    return engine(master(command))


def choose_engine(settings: "Settings", engine: str | None, master: str | None) -> "Settings":
    """The settings with the engine and master of the options, if they are given.

    Raises:
        SettingError: the master is none that Spark knows.
        click.UsageError: a master is given for DuckDB.
    """
    import os

    from sighten_warehouse.settings import read_settings

    given = {"SIGHTEN_ENGINE": engine, "SIGHTEN_SPARK_MASTER": master}
    chosen = {name: value for name, value in given.items() if value is not None}
    if not chosen:
        return settings
    settings = read_settings({**os.environ, **chosen})
    if master is not None and settings.engine != "spark":
        raise click.UsageError("--master: expected --engine spark with it")
    return settings

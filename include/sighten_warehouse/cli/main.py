"""The group of all commands, and the exit code of each kind of error."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import click

from sighten_warehouse.durable import DISK_ERRORS, describe_refusal
from sighten_warehouse.errors import SettingError, WarehouseError
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.logs import events_to_stderr
from sighten_warehouse.settings import TENANT
from sighten_warehouse.version import __version__

COMMANDS = (
    "receive",
    "load",
    "enrich",
    "documents",
    "publish",
    "run",
    "status",
    "watch",
    "query",
    "report",
    "mcp",
    "mail",
    "dictionary",
    "export",
    "quarantine",
    "drift",
    "backfill",
    "reconcile",
    "rebuild",
    "compact",
    "erase",
    "landing",
    "backup",
    "restore",
    "doctor",
    "tenants",
    "simulate",
    "demo",
)
# The entry points by which a package beside this one adds commands, as ours for Airflow does.
ADDED = "sighten_warehouse.commands"
NEEDS_ATTENTION, WRONG_USE = 1, 2


class CommandsOnDemand(click.Group):
    """Imports each command only when it is called: from the module of its name, or by an entry point."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """The names, in the order a newcomer needs them."""
        return [*COMMANDS, *sorted(entry_points(group=ADDED).names)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or None."""
        if cmd_name in COMMANDS:
            command = getattr(import_module(f"sighten_warehouse.cli.{cmd_name}"), cmd_name)
        elif added := entry_points(group=ADDED, name=cmd_name):
            command = added[cmd_name].load()
        else:
            return None
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name}: expected a click command, got {command!r}")
        return command


@click.group(cls=CommandsOnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sighten-warehouse")
@click.option("--tenant", metavar="NAME", help="The tenant of SIGHTEN_TENANTS to work for.")
@click.pass_context
def commands(context: click.Context, tenant: str | None) -> None:
    """Land Sighten's webhooks without loss and load them into DuckDB and Parquet.

    Settings come from SIGHTEN_… environment variables; .env.example lists them all.
    Exit codes: 0 done, 1 finished with something to look at (see stderr), 2 wrong use.

    \b
    Examples:
      sighten-warehouse demo
      sighten-warehouse load --help
    """
    if tenant is not None:
        context.with_resource(_chosen(tenant))


@contextmanager
def _chosen(tenant: str) -> Iterator[None]:
    """Choose the tenant for this command and the processes that it starts."""
    before = os.environ.get(TENANT, "")  # empty is as good as unset
    os.environ[TENANT] = tenant
    try:
        yield
    finally:
        os.environ[TENANT] = before


def main() -> None:
    """Run one command and exit with its exit code."""
    try:
        commands(prog_name="sighten-warehouse")
    except WarehouseError as error:
        click.echo(printable_lines(f"error: {error}"), err=True)
        sys.exit(WRONG_USE if isinstance(error, SettingError) else NEEDS_ATTENTION)
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        click.echo(f"error: {describe_refusal(Path(error.filename or '.'), error.errno)}", err=True)
        sys.exit(NEEDS_ATTENTION)


class _WithoutPandas:
    """Hides pandas: only Spark uses it, and pyarrow would import it with its first array, for a third of a second."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        """Say that there is no pandas; of other modules say nothing."""
        if name == "pandas" and "pyspark" not in sys.modules:
            raise ModuleNotFoundError("No module named 'pandas'", name=name)


def run_alone() -> None:
    """Run one command in a process of its own, as `main`."""
    gc.set_threshold(50_000)  # imports create many objects and no garbage
    prepare_process()
    main()


def prepare_process() -> None:
    """Set up a process of this command's: without pandas, log events on stderr."""
    sys.meta_path.insert(0, _WithoutPandas)
    events_to_stderr()

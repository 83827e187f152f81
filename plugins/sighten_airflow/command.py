"""`sighten-warehouse airflow …`, which the entry point `sighten_warehouse.commands` adds to the command line."""

import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import click
import msgspec

from sighten_warehouse.cli.ending import end
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.errors import MissingExtraError, requires_extra
from sighten_warehouse.ops.doctor.check import Check, skipped


@click.group()
def airflow() -> None:
    """Prepare an Airflow to run the DAGs of this package.

    \b
    Example:
      sighten-warehouse airflow setup
    """


@airflow.command()
def setup() -> None:
    """Create the pools of the DAGs, and a connection to the published file, in Airflow's metadata database.

    The connection `sighten_warehouse` is read-only and of type `duckdb`; it needs apache-airflow-providers-duckdb.
    Run it again whenever you like: a pool that exists keeps its slots. Run `airflow db migrate` before. With tenants
    it does so for each, named `…__NAME`, and their pools get the slots that the file of tenants says.

    \b
    Example:
      sighten-warehouse airflow setup
    """
    try:
        with requires_extra("airflow", by="airflow setup"):
            from sighten_airflow.metadata_setup import set_up
            from sighten_airflow.tenant import tenants
    except MissingExtraError as error:
        raise click.UsageError(str(error)) from None
    entries = set_up(list(tenants()))
    problems = [entry.problem for entry in entries if entry.problem]
    end("\n".join(entry.text for entry in entries), problems, needs_attention=bool(problems))


@airflow.command()
@click.option(
    "--json", "as_json", is_flag=True, help="Print the findings as JSON, as `sighten-warehouse doctor` reads it."
)
def doctor(*, as_json: bool) -> None:
    """Check Airflow's version, metadata database, pools, DAGs, components and connection.

    `sighten-warehouse doctor` includes it. Exits with 1 if there is an error.

    \b
    Example:
      sighten-warehouse airflow doctor
    """
    found = list(_examine(os.environ))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        for check in found:
            is_fine = check.severity in ("ok", "skipped")
            click.echo(
                f"{check.severity}: {check.found}" + ("" if is_fine else f"\n  do: {check.remedy}"), err=not is_fine
            )
    if any(check.severity == "error" for check in found):
        sys.exit(NEEDS_ATTENTION)


def _examine(environ: MutableMapping[str, str]) -> Iterator[Check]:
    database = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    folder = Path(environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    # Importing Airflow would create its folder.
    if not folder.is_dir() and not any(name.startswith(database) for name in environ):
        yield skipped("airflow", f"not set up here: no folder {folder}, and no {database}")
        return
    environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")  # the hook then reads the metadata database
    try:
        with requires_extra("airflow", by="airflow doctor"):
            from sighten_airflow.examination import examine_airflow
    except MissingExtraError:
        yield skipped("airflow", "not installed beside sighten-warehouse")
        return
    yield from examine_airflow()

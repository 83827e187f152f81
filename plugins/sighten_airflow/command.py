"""`sighten-warehouse airflow …`, which the entry point `sighten_warehouse.commands` adds to the command line."""

import click

from sighten_warehouse.cli.ending import end
from sighten_warehouse.settings import read_settings


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
    Run it again whenever you like: a pool that exists keeps its slots. Run `airflow db migrate` before.

    \b
    Example:
      sighten-warehouse airflow setup
    """
    try:
        from sighten_airflow.metadata_setup import set_up
    except ModuleNotFoundError as error:
        if error.name != "airflow":
            raise
        raise click.UsageError(
            "Airflow is not installed beside sighten-warehouse; expected `pip install 'sighten-warehouse[airflow]'`"
        ) from None
    entries = set_up(read_settings())
    problems = [entry.problem for entry in entries if entry.problem]
    end("\n".join(entry.text for entry in entries), problems, needs_attention=bool(problems))

"""The package as a provider: what Airflow finds in the wheel, and what `sighten-warehouse airflow setup` creates."""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hatchling.build
import pytest
from airflow.models.connection import Connection
from airflow.models.pool import Pool
from airflow.providers.duckdb.hooks.duckdb import DuckDBHook
from airflow.utils.session import create_session
from click.testing import CliRunner, Result
from sqlalchemy import delete

from sighten_airflow.metadata_setup import CONNECTION
from sighten_airflow.pools import POOLS
from sighten_warehouse.cli.main import commands
from support.factories import SAMPLE_BYTES
from support.repository import ROOT, dag_files
from support.warehouses import Warehouse

pytestmark = pytest.mark.airflow
# What Airflow's processes do: read the plugins, which must not import the report, then the providers and the DAGs.
READ_PACKAGE = """
import json, sys
from airflow import plugins_manager
plugins, plugin_errors = plugins_manager._get_plugins()
heavy = sorted({"sighten_warehouse", "sighten_airflow.report_app", "duckdb"} & set(sys.modules))
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag
from airflow.providers_manager import ProvidersManager
bundle = DagBundlesManager().get_bundle("sighten")
bag = DagBag(bundle.path)
providers = ProvidersManager()
print(json.dumps({
    "plugins": [plugin.name for plugin in plugins if "sighten" in plugin.name],
    "plugin_errors": plugin_errors,
    "heavy": heavy,
    "timetables": [name for name in plugins_manager.get_timetables_plugins() if "sighten" in name],
    "dags": {dag_id: dag.fileloc for dag_id, dag in bag.dags.items()},
    "import_errors": bag.import_errors,
    "connection_types": [one for one in providers.hooks if one == "sighten"],
    "triggers": [one.trigger_class_name for one in providers.trigger if one.package_name == "sighten-warehouse"],
    "info": providers.providers["sighten-warehouse"].data,
}))
"""


@pytest.mark.usefixtures("metadata_database")
@pytest.mark.deep
def test_airflow_finds_everything_in_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel, dependencies = tmp_path / "site packages", tmp_path / "dependencies"
    monkeypatch.chdir(ROOT)
    dependencies.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "sighten" not in path.name:  # all but the editable install of this repository
            (dependencies / path.name).symlink_to(path)
    with zipfile.ZipFile(tmp_path / hatchling.build.build_wheel(str(tmp_path))) as archive:
        archive.extractall(wheel)  # as `pip install` does

    read = subprocess.run(
        [sys.executable, "-S", "-W", "ignore", "-c", READ_PACKAGE],
        env=os.environ
        | {"PYTHONPATH": f"{wheel}:{dependencies}", "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "plugins")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == read.returncode, read.stderr
    found = json.loads(read.stdout.splitlines()[-1])
    dags = {f"sighten_{path.stem}": str(wheel / "sighten_airflow/dags" / path.name) for path in dag_files()}
    assert (dags, {}) == (found["dags"], found["import_errors"])
    assert (["sighten"], {}, []) == (found["plugins"], found["plugin_errors"], found["heavy"])
    assert ["sighten_airflow.timetable.DaysOfHistory"] == found["timetables"]
    assert (["sighten"], ["sighten_airflow.doorbell"]) == (found["connection_types"], found["triggers"])
    assert {"sighten_airflow.dag_bundle"} == modules(found["info"]["bundles"])


def modules(entries: list[dict[str, Any]]) -> set[str]:
    return {module for entry in entries for module in entry["python-modules"]}


@pytest.fixture
def _new_database(metadata_database: None) -> Iterator[None]:  # noqa: ARG001  (they are in it)
    """Airflow's metadata database without our pools and connection."""
    with create_session() as session:
        session.execute(delete(Pool).where(Pool.pool.startswith("sighten")))
        session.execute(delete(Connection).where(Connection.conn_id == CONNECTION))
    yield
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == CONNECTION))


def run_setup(home: Path) -> Result:
    return CliRunner().invoke(commands, ["airflow", "setup"], env={"SIGHTEN_HOME": str(home)})


@pytest.mark.usefixtures("_new_database")
def test_setup_creates_pools_and_a_connection_that_reads_the_published_file(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")  # the hook below reads its own database
    warehouse.deliver(SAMPLE_BYTES)

    first, second = (run_setup(warehouse.settings.home) for _ in range(2))

    hook = DuckDBHook(duckdb_conn_id=CONNECTION)
    assert (0, 0) == (first.exit_code, second.exit_code), first.output
    assert (3, 0) == (first.stdout.count("created"), second.stdout.count("created"))
    assert {pool.name: pool.slots for pool in POOLS}.items() <= {
        pool.pool: pool.slots for pool in Pool.get_pools()
    }.items()
    assert [(1,)] == hook.get_records("select count(*) from milestones")
    assert hook.read_only


@pytest.mark.usefixtures("_new_database")
def test_setup_keeps_slots_follows_the_home_and_names_a_second_writer(tmp_path: Path) -> None:
    run_setup(tmp_path / "before")
    for name, slots in (("sighten_api", 5), ("sighten_writer", 2)):
        Pool.create_or_update_pool(name, slots, "by hand", include_deferred=False)

    result = run_setup(tmp_path / "after")

    assert 1 == result.exit_code
    assert "pool sighten_api: kept, slots: 5" in result.stdout
    assert f"connection {CONNECTION}: changed, {tmp_path / 'after'}/production" in result.stdout
    assert "pool sighten_writer: 2 slots, expected 1" in result.stderr


@pytest.mark.usefixtures("_new_database")
def test_without_the_duckdb_provider_there_is_no_connection_and_setup_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "airflow.providers.duckdb", None)

    result = run_setup(tmp_path)

    assert 0 == result.exit_code
    assert f"connection {CONNECTION}: not created, apache-airflow-providers-duckdb is not installed" in result.stdout


def test_without_airflow_setup_names_the_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "airflow", None)
    monkeypatch.delitem(sys.modules, "sighten_airflow.metadata_setup", raising=False)

    result = run_setup(tmp_path)

    assert 2 == result.exit_code
    assert "pip install 'sighten-warehouse[airflow]'" in result.stderr

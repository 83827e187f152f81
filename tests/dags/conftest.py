"""A real Airflow in this process with its own metadata database, and an empty landing."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.settings import Settings, read_settings
from support.documents import exported
from support.warehouses import keep_empty_file

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
SAMPLE = REPOSITORY / "include/sighten_simulator/world/sample_milestone.verbatim.txt"

# Airflow reads its configuration at its first import, before any fixture runs.
AIRFLOW_HOME = Path(tempfile.mkdtemp(prefix="sighten-airflow-"))
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(AIRFLOW_HOME),
    BUNDLES: exported(Path("docs/airflow.md"), BUNDLES),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # a supervisor that misses the end of its task checks again then
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{AIRFLOW_HOME / 'airflow.db'}",
}


@pytest.fixture(scope="session")
def metadata_database() -> None:
    from airflow.utils.db import initdb  # noqa: PLC0415  (importing Airflow takes seconds that few tests need)

    initdb()


@pytest.fixture(scope="session")
def dags(metadata_database: None) -> dict[str, Any]:  # noqa: ARG001  (reading DAGs needs it)
    """All DAGs by id, as Airflow reads them."""
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415  (as above)

    from sighten_airflow.dag_bundle import SightenDagBundle  # noqa: PLC0415  (as above)

    bag = DagBag(SightenDagBundle(name="sighten").path)
    assert {} == bag.import_errors
    return bag.dags


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SIGHTEN_HOME", str(tmp_path / "home"))
    settings = read_settings()
    keep_empty_file(settings)
    return settings


@pytest.fixture
def land(settings: Settings) -> Callable[..., str]:
    """Lands a file with the given bodies, by default the vendor's sample; returns its name."""

    def land(*bodies: bytes) -> str:
        now = datetime.now(UTC)
        lines = [
            landing_line(body, landing_id=new_landing_id(), received_at=now) for body in bodies or [SAMPLE.read_bytes()]
        ]
        return write_landing_file(settings.layout.landing, lines, received_at=now)

    return land


@pytest.fixture
def run(dags: dict[str, Any], metadata_database: None) -> Callable[..., dict[str, list[str]]]:  # noqa: ARG001  (runs need the database)
    """Runs a DAG once; returns the states of each task and, under `run`, of the run."""

    def run(dag_id: str, **options: Any) -> dict[str, list[str]]:
        dag_run = dags[dag_id].test(**options)
        states = {"run": [str(dag_run.state)]}
        for task in dag_run.get_task_instances():
            states.setdefault(task.task_id, []).append(str(task.state))
        return states

    return run

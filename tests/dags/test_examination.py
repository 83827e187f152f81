"""What the doctor finds in Airflow: pools, DAGs, components and the connection, each with what to do."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dag import DagModel
from airflow.models.dagbundle import DagBundleModel
from airflow.models.pool import Pool
from airflow.utils.session import create_session
from click.testing import CliRunner
from sqlalchemy import delete, update

from sighten_airflow.dag_bundle import SightenDagBundle
from sighten_airflow.examination import examine_airflow
from sighten_airflow.pools import POOLS
from sighten_warehouse.cli.main import commands
from sighten_warehouse.ops.doctor import Check
from support.scripted_api import json_response, scripted

pytestmark = pytest.mark.airflow


@pytest.fixture
def _without_pools(metadata_database: None) -> Iterator[None]:  # noqa: ARG001  (they are in it)
    with create_session() as session:
        session.execute(delete(Pool).where(Pool.pool.startswith("sighten")))
    yield
    for pool in POOLS:
        Pool.create_or_update_pool(pool.name, pool.slots, pool.description, include_deferred=False)


@pytest.fixture
def _read_dags(metadata_database: None) -> Iterator[None]:  # noqa: ARG001  (they are in it)
    """Airflow has read our DAGs: one cannot be imported any more, another is gone, and a third is paused."""
    with create_session() as session:
        if session.get(DagBundleModel, "sighten") is None:
            session.add(DagBundleModel(name="sighten"))
    with create_session() as session:
        sync_bag_to_db(DagBag(SightenDagBundle(name="sighten").path), "sighten", None, session=session)
        flags = {"import_errors": "sighten_enrich_quotes", "stale": "sighten_prove_warehouse"}
        session.execute(update(DagModel).values(has_import_errors=False, is_stale=False, is_paused=False))
        mark = update(DagModel).where
        session.execute(mark(DagModel.dag_id == flags["import_errors"]).values(has_import_errors=True))
        session.execute(mark(DagModel.dag_id == flags["stale"]).values(is_stale=True))
        session.execute(mark(DagModel.dag_id == "sighten_load_milestones").values(is_paused=True))
    yield
    with create_session() as session:
        session.execute(update(DagModel).values(has_import_errors=False, is_stale=False, is_paused=False))


def about(found: list[Check], word: str) -> list[tuple[str, str, str]]:
    return [(check.severity, check.found, check.remedy) for check in found if word in check.found]


@pytest.mark.usefixtures("_without_pools", "_read_dags")
def test_missing_pools_and_dags_that_do_not_run_are_named_with_what_to_do() -> None:
    found = list(examine_airflow())
    Pool.create_or_update_pool("sighten_writer", 2, "by hand", include_deferred=False)
    then = list(examine_airflow())

    setup = "sighten-warehouse airflow setup"
    assert [("error", setup)] * 2 == [(severity, remedy) for severity, _, remedy in about(found, "is missing")]
    assert [("error", "pool sighten_writer: 2 slots; expected 1")] == [
        (severity, text) for severity, text, _ in about(then, "2 slots")
    ]
    assert [("error", "DAGs not known to Airflow: sighten_prove_warehouse")] == [
        (severity, text) for severity, text, _ in about(found, "not known")
    ]
    assert [("error", "DAGs cannot be imported: sighten_enrich_quotes", "airflow dags list-import-errors")] == about(
        found, "imported"
    )
    assert [("warning", "DAGs are paused: sighten_load_milestones")] == [
        (severity, text) for severity, text, _ in about(found, "paused")
    ]
    assert {"scheduler", "dag-processor", "triggerer"} == {
        text.split()[0] for severity, text, _ in about(found, "does not run") if severity == "warning"
    }
    assert 1 == len(about(found, "Airflow 3.3."))
    assert 1 == len(about(found, "SQLite"))


@pytest.mark.usefixtures("metadata_database")
def test_the_connection_is_tried_and_its_token_is_not_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = "a-token-that-nobody-sees"  # noqa: S105  (looked for in the output)
    monkeypatch.setenv("SIGHTEN_HOME", str(tmp_path))
    with scripted(lambda _: json_response({"detail": "Invalid token."}, 401)) as sighten:
        monkeypatch.setenv("AIRFLOW_CONN_SIGHTEN_DEFAULT", json.dumps(
            {"conn_type": "sighten", "host": sighten.url, "password": secret}
        ))  # fmt: skip
        result = CliRunner().invoke(commands, ["airflow", "doctor", "--json"])

    [connection] = about(
        [Check(**check) for check in json.loads(result.stdout.splitlines()[-1])], "connection sighten_default"
    )
    assert ("error", "docs/runbook.md#connect-airflow-to-sightens-api") == (connection[0], connection[2])
    assert 1 == result.exit_code
    assert secret not in result.output

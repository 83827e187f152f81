"""The DAGs of two tenants and of one whose settings are wrong: made, run, set up, examined and shown apart."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.connection import Connection
from airflow.models.pool import Pool
from airflow.utils.session import create_session
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import delete

from sighten_airflow.api_tasks import hook_of, is_not_configured
from sighten_airflow.dag_bundle import SightenDagBundle
from sighten_airflow.doorbell import LandingDoorbell
from sighten_airflow.examination import examine_airflow
from sighten_airflow.failures import alert_failure
from sighten_airflow.metrics import emit_measures
from sighten_airflow.tenant import Tenant, settings_of, tenant_of
from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import SettingError
from sighten_warehouse.publish.versions import versions
from support.factories import a_milestone
from support.hearing import listening_webhook
from support.repository import dag_files
from support.tenancy import SECRETS, TenantWarehouse, write_tenants

pytestmark = pytest.mark.airflow
BROKEN = "broken:\n  SIGHTEN_ENV: nowhere\nNo Name:\n"


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of Airflow's processes: two tenants, one that is broken and one that cannot have a DAG."""
    environ = write_tenants(tmp_path_factory.mktemp("tenants"), BROKEN)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environ.items():
            patched.setenv(name, value)
        yield environ


@pytest.fixture(scope="module")
def bag(environ: dict[str, str], metadata_database: None) -> DagBag:  # noqa: ARG001  (reading DAGs needs both)
    return DagBag(SightenDagBundle(name="sighten").path)


@pytest.fixture
def _without_pools(metadata_database: None) -> Iterator[None]:  # noqa: ARG001  (they are in it)
    yield
    with create_session() as session:
        session.execute(delete(Pool).where(Pool.pool.contains("__")))
        session.execute(delete(Connection).where(Connection.conn_id.contains("__")))


def run(bag: DagBag, dag_id: str) -> dict[str, str]:
    dag_run = bag.dags[dag_id].test()
    return {task.task_id: str(task.state) for task in dag_run.get_task_instances()}


def test_each_tenant_has_every_dag_and_a_broken_one_hides_no_other(bag: DagBag) -> None:
    expected = {f"sighten_{path.stem}__{name}" for path in dag_files() for name in (*SECRETS, "broken")}

    [(file, error)] = bag.import_errors.items()
    assert expected == set(bag.dags)
    assert file.endswith("broken_tenants.py")
    assert "tenant broken in " in error
    assert "tenant No Name in " in error
    assert "tenant acme" not in error


def test_tags_pools_and_assets_are_those_of_the_tenant(bag: DagBag) -> None:
    of_acme = [dag for dag_id, dag in bag.dags.items() if dag_id.endswith("__acme")]
    tasks = [task for dag in of_acme for task in dag.tasks]
    assets = {asset for task in tasks for asset in [*task.inlets, *task.outlets]}
    [landing] = bag.dags["sighten_load_milestones__acme"].timetable.asset_condition.objects

    assert {("acme", "sighten")} == {tuple(sorted(dag.tags)) for dag in of_acme}
    assert {"sighten_writer__acme", "sighten_api__acme", "sighten_tasks__acme", "default_pool"} == {
        task.pool for task in tasks
    }
    assert ["watch"] == [task.task_id for task in tasks if task.pool == "default_pool"]
    assert {"sighten://production/acme/" + name for name in ("landing", "history", "warehouse")} == {
        asset.uri for asset in assets
    }
    assert "acme" == landing.watchers[0].trigger.serialize()[1]["tenant"]


def test_a_task_of_a_broken_tenant_says_what_is_wrong(environ: dict[str, str]) -> None:
    assert environ
    with pytest.raises(SettingError, match=r"tenant broken in .* SIGHTEN_ENV: expected production or test"):
        settings_of({"ti": SimpleNamespace(dag_id="sighten_load_milestones__broken")})  # type: ignore[typeddict-item]  (what it reads of a context)


def test_a_process_that_runs_a_task_makes_only_the_dag_of_that_tenant(
    bag: DagBag, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "sighten_load_milestones__borealis")

    found = DagBag(str(Path(SightenDagBundle(name="sighten").path) / "load_milestones.py"))

    assert len(bag.dags) > len(found.dags)
    assert ["sighten_load_milestones__borealis"] == list(found.dags)


@pytest.fixture(scope="module")
def after_runs(bag: DagBag, environ: dict[str, str]) -> Iterator[tuple[TenantWarehouse, TenantWarehouse]]:
    """Something landed for both tenants, and the DAGs of one have run."""
    acme, borealis = (TenantWarehouse(environ, name) for name in SECRETS)
    acme.land(a_milestone("of acme"))
    borealis.land(a_milestone("of borealis"))
    assert "success" == run(bag, "sighten_load_milestones__acme")["load_one_batch"]
    assert "success" == run(bag, "sighten_publish_warehouse__acme")["publish"]
    yield acme, borealis
    acme.close()


def test_the_dags_of_a_tenant_load_and_publish_its_deliveries_alone(after_runs: tuple[TenantWarehouse, ...]) -> None:
    acme, borealis = after_runs

    assert [(1,)] == acme.rows("select count(*) from milestones")
    assert [1, 0] == [len(list(versions(warehouse.settings.layout))) for warehouse in (acme, borealis)]
    assert not list(borealis.settings.layout.lake.glob("*"))


def test_each_doorbell_watches_the_landing_of_its_tenant(environ: dict[str, str]) -> None:
    TenantWarehouse(environ, "borealis").land(a_milestone("one"))
    doorbells = {name: LandingDoorbell(poll_seconds=0.01, tenant=name) for name in ("borealis", "broken")}

    async def first(doorbell: LandingDoorbell) -> Any:
        return await asyncio.wait_for(anext(doorbell.run()), 60)

    async def rings(doorbell: LandingDoorbell) -> bool:
        done, _ = await asyncio.wait([asyncio.ensure_future(anext(doorbell.run()))], timeout=0.2)
        return bool(done)

    assert asyncio.run(first(doorbells["borealis"])).payload["pending"] >= 1
    assert not asyncio.run(rings(doorbells["broken"]))


def test_a_failed_task_is_an_alert_of_its_tenant(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert environ
    with listening_webhook() as heard:
        monkeypatch.setenv("SIGHTEN_ALERTS", heard.url)
        ti = SimpleNamespace(dag_id="sighten_publish_warehouse__borealis", task_id="publish")
        alert_failure({"ti": ti, "exception": ValueError()})  # type: ignore[typeddict-item]  (what it reads of a context)

    [message] = heard.messages
    assert ("borealis", "docs/runbook.md#publish-fails") == (message["tenant"], message["recipe"])


def test_a_connection_of_one_tenant_is_not_used_for_another(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environ
    for name, url in (("", "https://of.nobody"), ("__ACME", "https://of.acme")):
        monkeypatch.setenv(
            f"AIRFLOW_CONN_SIGHTEN_DEFAULT{name}",
            json.dumps({"conn_type": "sighten", "host": url, "password": "a token"}),
        )

    settings = hook_of(Tenant("acme")).settings()
    skipped = is_not_configured({"ti": SimpleNamespace(dag_id="sighten_enrich_quotes__borealis")})  # type: ignore[typeddict-item]  (as above)

    assert ("https://of.acme", "acme") == (settings.api_url, settings.tenant)
    assert skipped
    assert Tenant("borealis") == tenant_of("sighten_enrich_quotes__borealis")


def test_a_gauge_carries_the_tenant_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, float] = {}
    monkeypatch.setattr("sighten_airflow.metrics.stats.gauge", sent.__setitem__)

    emit_measures({"pending": 1.0}, "acme")

    assert {"sighten.pending.tenant.acme": 1.0} == sent


@pytest.mark.usefixtures("_without_pools")
def test_setup_makes_the_pools_of_all_tenants_and_the_doctor_asks_for_them(environ: dict[str, str]) -> None:
    missing = [check.found for check in examine_airflow() if "is missing" in check.found]
    first = CliRunner().invoke(commands, ["airflow", "setup"], env=environ)
    path = Path(environ["SIGHTEN_TENANTS"])
    before = path.read_text()
    path.write_text(before.replace("acme:", "acme:\n  slots: 40"))
    second = CliRunner().invoke(commands, ["airflow", "setup"], env=environ)
    found = list(examine_airflow())
    path.write_text(before)

    slots = {pool.pool: pool.slots for pool in Pool.get_pools()}
    assert 9 == len(missing)  # three of each tenant that can have DAGs
    assert (1, 40, 40) == tuple(slots[f"sighten_{kind}__acme"] for kind in ("writer", "api", "tasks"))
    assert (1, 2, 2) == tuple(slots[f"sighten_{kind}__borealis"] for kind in ("writer", "api", "tasks"))
    assert "connection sighten_warehouse__acme: created" in first.stdout
    assert "pool sighten_api__acme: changed, slots: 40" in second.stdout
    assert "connection sighten_warehouse__broken: not created: tenant broken" in first.stderr
    assert [] == [check.found for check in found if "is missing" in check.found]
    [shares] = [check for check in found if "slots, and a scheduler runs" in check.found]
    assert ("warning", "AIRFLOW__CORE__PARALLELISM=91") == (shares.severity, shares.remedy.split(",")[0])


@pytest.fixture
def pages(environ: dict[str, str], metadata_database: None) -> Iterator[Callable[[str], Any]]:  # noqa: ARG001  (as above)
    """GET of a path of the report, as somebody who may see it."""
    from sighten_airflow import report_app  # noqa: PLC0415  (takes seconds)

    for remembered in (report_app.report_app, report_app._live_report):  # noqa: SLF001  (of other tests)
        remembered.cache_clear()
    app = report_app.report_app()
    for dependency in app.router.dependencies:
        app.dependency_overrides[dependency.dependency] = lambda: None  # type: ignore[index]  # the login is tested elsewhere
    yield TestClient(app).get
    report_app.report_app.cache_clear()


def test_the_report_page_lists_the_tenants_and_shows_each_its_own(
    pages: Callable[[str], Any], after_runs: tuple[TenantWarehouse, ...]
) -> None:
    assert after_runs
    index, acme, of_nobody, broken = (pages(path) for path in ("/", "/acme/", "/nobody/", "/broken/"))
    listed = {name: pages(f"/{name}/milestones?environment=production") for name in SECRETS}

    assert all(f'href="{name}/"' in index.text for name in (*SECRETS, "broken"))
    assert [200, 200, 404, 503] == [page.status_code for page in (index, acme, of_nobody, broken)]
    assert a_milestone("of acme")["uuid"] in listed["acme"].text
    assert 404 == listed["borealis"].status_code  # which has published nothing

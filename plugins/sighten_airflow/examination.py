"""What the doctor asks Airflow: version, metadata database, pools, DAGs, running components and the connection."""

from collections.abc import Iterator
from pathlib import Path

from airflow import __version__ as airflow_version
from airflow import settings as airflow_settings
from airflow.configuration import conf
from airflow.jobs.job import most_recent_job
from airflow.models.dag import DagModel
from airflow.models.pool import Pool as StoredPool
from airflow.utils.session import create_session
from packaging.version import Version
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from sighten_airflow.api_tasks import hook_of
from sighten_airflow.dag_bundle import SightenDagBundle
from sighten_airflow.pools import POOLS, expected_pools
from sighten_airflow.tenant import Tenant, tenants
from sighten_warehouse.errors import SettingError
from sighten_warehouse.ops.doctor.check import Check, error, ok, skipped, warning

NAME = "airflow"
NO_DAG = "broken_tenants"  # the file whose import error says which tenants are
TESTED = ("3.3", "3.4")  # from, and below
SETUP = "sighten-warehouse airflow setup"
COMPONENTS = {
    "SchedulerJob": ("scheduler", "nothing is run"),
    "DagProcessorJob": ("dag-processor", "changed DAGs are not read"),
    "TriggererJob": ("triggerer", "deliveries wait for the sweep every five minutes"),
}


def examine_airflow() -> Iterator[Check]:
    """Yield the findings; changes nothing."""
    yield _version()
    url = make_url(str(airflow_settings.SQL_ALCHEMY_CONN))
    shown = url.render_as_string(hide_password=True)
    try:
        with create_session() as session:
            yield from _pools(session)
            yield from _shares()
            yield from _dags(session)
            yield from _components(session)
    except DBAPIError as problem:
        yield error(
            NAME, f"{shown} does not answer, or lacks tables ({type(problem.orig).__name__})", "airflow db migrate"
        )
        return
    if url.get_backend_name() == "sqlite":
        yield warning(NAME, f"the metadata database is SQLite: {shown}", "use PostgreSQL (docs/airflow.md)")
    else:
        yield ok(NAME, f"metadata database {shown}")
    for tenant in tenants():
        yield _connection(tenant)


def _version() -> Check:
    first, beyond = map(Version, TESTED)
    if first <= Version(airflow_version) < beyond:
        return ok(NAME, f"Airflow {airflow_version}")
    if Version(airflow_version) < first:
        return error(NAME, f"Airflow {airflow_version}; expected {TESTED[0]} or newer", "upgrade Airflow")
    return warning(NAME, f"Airflow {airflow_version} is newer than what is tested", f"tested is {TESTED[0]}")


def _pools(session: Session) -> Iterator[Check]:
    for expected in expected_pools():
        pool = expected.pool
        stored = session.scalar(select(StoredPool).filter_by(pool=pool.name))
        if stored is None:
            yield error(NAME, f"pool {pool.name} is missing: tasks that need it wait for ever", SETUP)
        elif expected.is_writer and stored.slots != pool.slots:
            remedy = f"airflow pools set {pool.name} {pool.slots} '{pool.description}'"
            yield error(NAME, f"pool {pool.name}: {stored.slots} slots; expected {pool.slots}", remedy)
        elif not stored.slots:
            remedy = f"airflow pools set {pool.name} {pool.slots} '{pool.description}'"
            yield error(NAME, f"pool {pool.name} has no slots: tasks that need it wait for ever", remedy)
        else:
            yield ok(NAME, f"pool {pool.name}, slots: {stored.slots}")


def _shares() -> Iterator[Check]:
    """Whether the pools of all tenants together fit into what Airflow runs at once."""
    pools = [expected.pool for expected in expected_pools()]
    wanted, at_once = sum(pool.slots for pool in pools), conf.getint("core", "parallelism")
    if len(pools) > len(POOLS) and wanted > at_once:
        yield warning(
            NAME,
            f"the pools of all tenants have {wanted} slots, and a scheduler runs {at_once} tasks at once: tenants can "
            "keep each other waiting",
            f"AIRFLOW__CORE__PARALLELISM={wanted}, or fewer slots in the file of tenants",
        )


def _dags(session: Session) -> Iterator[Check]:
    files = [path.stem for path in Path(SightenDagBundle(name="sighten").path).glob("*.py") if path.stem != NO_DAG]
    expected = {tenant.named(f"sighten_{name}") for name in files for tenant in tenants()}
    stored = {dag.dag_id: dag for dag in session.scalars(select(DagModel).where(DagModel.dag_id.in_(expected)))}
    groups = {
        "not known to Airflow": [name for name in expected if name not in stored or stored[name].is_stale],
        "cannot be imported": [name for name, dag in stored.items() if dag.has_import_errors],
    }
    remedies = (
        "docs/airflow.md: the setting of bundles, then airflow dags reserialize",
        "airflow dags list-import-errors",
    )
    for (what, names), remedy in zip(groups.items(), remedies, strict=True):
        if names:
            yield error(NAME, f"DAGs {what}: {', '.join(sorted(names))}", remedy)
    known = [dag for dag in stored.values() if not dag.is_stale]
    if paused := sorted(dag.dag_id for dag in known if dag.is_paused):
        remedy = "airflow dags unpause --yes --treat-dag-id-as-regex '^sighten_'"
        yield warning(NAME, f"DAGs are paused: {', '.join(paused)}", remedy)
    if not any(groups.values()):
        yield ok(NAME, f"{len(known)} DAGs")


def _components(session: Session) -> Iterator[Check]:
    for kind, (component, effect) in COMPONENTS.items():
        job = most_recent_job(kind, session=session)
        if job is not None and job.is_alive():
            yield ok(NAME, f"{component} runs")
        else:
            yield warning(NAME, f"{component} does not run: {effect}", f"start it: airflow {component}")


def _connection(tenant: Tenant) -> Check:
    hook = hook_of(tenant)
    try:
        is_configured = hook.is_configured
    except SettingError as problem:
        return error(NAME, str(problem), "mend the file of tenants; see sighten-warehouse tenants")
    if not is_configured:
        return skipped(NAME, f"no connection {hook.sighten_conn_id}, and no SIGHTEN_API_URL: the API is not called")
    works, message = hook.test_connection()
    if works:
        return ok(NAME, f"{hook.source}: {message}")
    return error(NAME, f"{hook.source}: {message}", "docs/runbook.md#connect-airflow-to-sightens-api")

"""A tenant in Airflow: its settings, and the names of its DAGs, pools, assets and connections."""

from collections.abc import Iterator
from dataclasses import dataclass

from airflow.sdk import Asset, AssetWatcher, Context

from sighten_airflow.doorbell import LandingDoorbell
from sighten_airflow.pools import API_POOL, TASKS_POOL, WRITER_POOL
from sighten_warehouse.settings import Settings, read_settings, read_tenants

SEPARATOR = "__"  # no id of ours has it before a tenant's name


@dataclass(frozen=True)
class Tenant:
    """One organization of SIGHTEN_TENANTS; without that file the only one there is, which has no name."""

    name: str | None = None

    def named(self, text: str) -> str:
        """The name of something that each tenant has: `sighten_api` is `sighten_api__acme`."""
        return text if self.name is None else f"{text}{SEPARATOR}{self.name}"

    def settings(self) -> Settings:
        """Its settings.

        Raises:
            SettingError: a setting is invalid.
        """
        return read_settings(tenant=self.name)

    @property
    def writer_pool(self) -> str:
        """The pool of its writing tasks."""
        return self.named(WRITER_POOL.name)

    @property
    def api_pool(self) -> str:
        """The pool of its tasks that call the API."""
        return self.named(API_POOL.name)

    @property
    def tasks_pool(self) -> str | None:
        """The pool of its other tasks; without tenants Airflow's default."""
        return None if self.name is None else self.named(TASKS_POOL)

    @property
    def landing(self) -> Asset:
        """Its deliveries that are pending, watched by its doorbell."""
        doorbell = AssetWatcher(name=self.named("sighten_landing_doorbell"), trigger=LandingDoorbell(tenant=self.name))
        return Asset(self.named("sighten_landing"), self._uri("landing"), watchers=[doorbell])

    @property
    def history(self) -> Asset:
        """Its history."""
        return Asset(self.named("sighten_history"), self._uri("history"))

    @property
    def warehouse(self) -> Asset:
        """Its published versions."""
        return Asset(self.named("sighten_warehouse"), self._uri("warehouse"))

    def _uri(self, what: str) -> str:
        if self.name is None:
            return f"sighten://{self.settings().env}/{what}"
        # Without the other settings, one of which may be invalid: the DAGs are there nevertheless, and say so.
        environment = read_tenants()[self.name].variables.get("SIGHTEN_ENV") or Settings().env
        return f"sighten://{environment}/{self.name}/{what}"


def tenants() -> Iterator[Tenant]:
    """All tenants whose names can be those of DAGs; one without a name where there is no file of tenants.

    Raises:
        SettingError: the file cannot be read.
    """
    entries = read_tenants()
    if not entries:
        yield Tenant()
    yield from (Tenant(entry.name) for entry in entries.values() if entry.has_valid_name)


def tenant_of(named: str) -> Tenant:
    """The tenant whose DAG or connection has that id."""
    _, _, name = named.partition(SEPARATOR)
    return Tenant(name or None)


def settings_of(context: Context) -> Settings:
    """The settings of the tenant whose task is run.

    Raises:
        SettingError: a setting is invalid.
    """
    return tenant_of(context["ti"].dag_id).settings()


def without_tenant(dag_id: str) -> str:
    """The id that the DAG has where there are no tenants."""
    return dag_id.partition(SEPARATOR)[0]

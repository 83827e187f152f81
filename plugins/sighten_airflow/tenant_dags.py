"""Makes a DAG for each tenant, or one where there are no tenants."""

from collections.abc import Callable, Iterator
from typing import Any

from airflow.sdk import DAG, get_parsing_context

from sighten_airflow.dag_defaults import DAG_DEFAULTS, dag_docs
from sighten_airflow.tenant import Tenant, tenant_of, tenants, without_tenant


def sighten_dag(*, schedule: Any, **options: Any) -> Callable[[Callable[[Tenant], None]], Callable[[], None]]:
    """Turn a function that defines the tasks of a tenant into one that makes the DAGs of all tenants.

    A DAG's id is `sighten_` and the function's name, and `__` and the tenant's; the module's docstring documents it.
    `schedule` is that of `DAG`, or a function of the tenant; `options` are those that differ from `DAG_DEFAULTS`.
    """

    def decorate(define: Callable[[Tenant], None]) -> Callable[[], None]:
        dag_id, docs = f"sighten_{define.__name__}", dag_docs(define.__globals__["__doc__"])

        def make() -> None:
            for tenant in _wanted(dag_id):
                given = schedule(tenant) if callable(schedule) else schedule
                with DAG(tenant.named(dag_id), schedule=given, **docs, **_defaults(tenant) | options):
                    define(tenant)

        return make

    return decorate


def _wanted(dag_id: str) -> Iterator[Tenant]:
    """All tenants; in a process that runs a task of this DAG, that of the task alone."""
    running = get_parsing_context().dag_id
    if running and without_tenant(running) == dag_id:
        yield tenant_of(running)
    else:
        yield from tenants()


def _defaults(tenant: Tenant) -> dict[str, Any]:
    if tenant.name is None:
        return DAG_DEFAULTS
    default_args = DAG_DEFAULTS["default_args"] | {"pool": tenant.tasks_pool}
    return DAG_DEFAULTS | {"tags": [*DAG_DEFAULTS["tags"], tenant.name], "default_args": default_args}

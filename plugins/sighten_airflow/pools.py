"""The pools that the DAGs name; a task whose pool is missing would wait for ever."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sighten_warehouse.settings import TenantEntry, read_tenants


@dataclass(frozen=True)
class Pool:
    """A pool of Airflow: its name, how many tasks may run in it at once, and its description in the UI."""

    name: str
    slots: int
    description: str


WRITER_POOL = Pool("sighten_writer", 1, "one writer at a time: commit or publish")  # backfills included
# Few slots, so that a slow API leaves workers free for loading: two live tasks and a long one.
API_POOL = Pool("sighten_api", 3, "limits API tasks, so that loading always has a free worker")
TASKS_POOL = "sighten_tasks"  # of a tenant: its tasks that neither write nor call the API
POOLS = (WRITER_POOL, API_POOL)


@dataclass(frozen=True)
class ExpectedPool:
    """A pool that must be there. `is_writer`: it has one slot; `is_share`: the file of tenants says how many."""

    pool: Pool
    is_writer: bool
    is_share: bool = False


def expected_pools() -> list[ExpectedPool]:
    """The pools of all tenants, or those without tenants.

    Raises:
        SettingError: the file of tenants cannot be read.
    """
    entries = [entry for entry in read_tenants().values() if entry.has_valid_name]
    if not entries:
        return [ExpectedPool(pool, is_writer=pool is WRITER_POOL) for pool in POOLS]
    return [pool for entry in entries for pool in _pools_of(entry)]


def _pools_of(entry: TenantEntry) -> Iterator[ExpectedPool]:
    def named(pool: Pool) -> Pool:
        return replace(pool, name=f"{pool.name}__{entry.name}", description=f"{entry.name}: {pool.description}")

    tasks = Pool(TASKS_POOL, entry.slots, "its share of the workers for flattening, reports and upkeep")
    yield ExpectedPool(named(WRITER_POOL), is_writer=True)
    yield ExpectedPool(named(replace(API_POOL, slots=entry.slots)), is_writer=False, is_share=True)
    yield ExpectedPool(named(tasks), is_writer=False, is_share=True)

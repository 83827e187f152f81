"""SQL models over the committed history and the API answers that are landed but not loaded yet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.history import create_history, history_files, select_history
from sighten_warehouse.lake.loaded import Moment, landed_and_loaded
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.landing.files import read_raw_lines
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.batch import schemas, staging_connection
from sighten_warehouse.load.delivery import read_delivery
from sighten_warehouse.models import Model, models
from sighten_warehouse.publish.tables import creation
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.querying.published import CATALOG, PublishedTables, newest_published, published_tables

if TYPE_CHECKING:
    from sighten_warehouse.payload.conform import Staged

# Only `land_answers` writes this, near the begin of the line, so large bodies cost nothing.
_FROM_THE_API = b'"source":"api"'
_BEGIN_BYTES = 256


@contextmanager
def open_models(
    layout: Layout, names: Sequence[str], *, inputs: Mapping[str, pa.Table], variables: Mapping[str, object]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that holds those models and their inputs.

    `inputs` are tables of `staging` that the caller makes; `variables` are the models' settings. Answers that are
    landed but not loaded yet count as loaded: a step that runs again, also after a crash, repeats no call that was
    answered.

    Raises:
        LakeError: commits contradict each other.
    """
    known = versions(layout)
    moment = landed_and_loaded(layout)
    layout, committed = moment.layout, moment.commits
    pending = _pending(moment)
    with staging_connection() as connection:
        for schema in ("history", "main", "marts", "ops", "enrich", "erase"):
            connection.execute(f"create schema if not exists {schema}")
        for name, value in variables.items():
            connection.execute(f"set variable {name} = ?", [value])
        for name, table in {**pending, **inputs}.items():
            connection.register(f"_{name}", table)
            connection.execute(f"create table staging.{name} as from _{name}")
        with_rows = [name for name, table in pending.items() if table.num_rows]
        published = published_tables(layout, known, committed, pending=with_rows).attach(connection)
        for model in _with_inputs(names, published):
            if model.is_loaded:
                _create_history(connection, model, layout, committed)
            elif published.has(model):
                connection.execute(f"create view {model.full_name} as from {CATALOG}.{model.full_name}")
            else:
                connection.execute(f"{creation(model, 'table')} as {model.select}")
        yield connection


def select_from_loads(layout: Layout, name: str, loads: Sequence[Manifest]) -> list[tuple[Any, ...]]:
    """The rows of that model, which compares the snapshots of these loads with the history that is published.

    There are none without a version to compare with.
    """
    with staging_connection() as connection:
        if newest_published(layout).attach(connection).version is None:
            return []
        snapshots = models()["history.snapshots"]
        connection.execute("create schema history")
        connection.execute(f"create view history.snapshots as from {CATALOG}.history.snapshots")
        loaded = select_history(snapshots, history_files(resolve_lake(layout), snapshots.name, loads))
        connection.execute(f"create view staging.loaded_snapshots as {loaded}")
        return connection.execute(str(models()[name].select)).fetchall()


def _pending(moment: Moment) -> dict[str, pa.Table]:
    """The rows of API answers not loaded yet, by table of `staging`."""
    loaded = {name for manifest in moment.commits for name in manifest.landing_files}
    rows: Staged = {name: [] for name in schemas()}
    for name in moment.landing_files:
        for number, raw in enumerate(() if name in loaded else read_raw_lines(moment.layout.landing / name), 1):
            if _FROM_THE_API in raw[:_BEGIN_BYTES]:
                delivery = read_delivery(raw, landing_file=name, line_number=number, batch_id="")
                for table, staged in {**delivery.staged, "deliveries": [delivery.row]}.items():
                    rows[table] += staged
    return {name: pa.Table.from_pylist(found, schema=schemas()[name]) for name, found in rows.items()}


def _with_inputs(names: Iterable[str], published: PublishedTables) -> list[Model]:
    """Those models and the inputs that they are computed from, each after its own inputs."""
    found: dict[str, Model] = {}

    def add(name: str) -> None:
        model = models().get(name)
        if model is not None and name not in found:
            for input_name in () if published.has(model) else model.inputs:
                add(input_name)
            found[name] = model

    for name in names:
        add(name)
    return list(found.values())


def _create_history(
    connection: duckdb.DuckDBPyConnection, model: Model, layout: Layout, committed: Sequence[Manifest]
) -> None:
    create_history(connection, model, select_history(model, history_files(layout, model.name, committed)))
    connection.execute(f"alter view {model.full_name} rename to loaded_{model.name}")
    loaded = f"{model.schema}.loaded_{model.name}"
    connection.execute(f"create view {model.full_name} as from {loaded} union all by name ({model.select})")

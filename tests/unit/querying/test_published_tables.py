"""Which tables the steps read from the newest published version, and which they compute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sighten_warehouse.enrich.due import due_quotes
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.querying import open_models
from support.enriching import Enriched, enriching, quote
from support.factories import a_milestone
from support.warehouses import Warehouse

SNAPSHOTS, MILESTONES = "ops.snapshots", "main.milestones"


@pytest.fixture
def enriched(warehouse: Warehouse) -> Iterator[Enriched]:
    with enriching(warehouse) as enriched:
        enriched.deliver(a_milestone("one"), a_milestone("two"))
        warehouse.publish()
        yield enriched


def read(warehouse: Warehouse) -> set[str]:
    """The models that are read from the version."""
    models = (SNAPSHOTS, MILESTONES)
    with open_models(warehouse.settings.layout, models, inputs={}, variables={}) as connection:
        views = "select schema_name || '.' || view_name from duckdb_views() where sql like '%published.%'"
        return {name for (name,) in connection.execute(views).fetchall()}


def test_tables_of_a_current_version_are_not_computed_again(enriched: Enriched) -> None:
    assert {SNAPSHOTS, MILESTONES} == read(enriched.warehouse)
    assert {quote("one"), quote("two")} == set(due_quotes(enriched.warehouse.settings, as_of=enriched.clock.now()))


def test_tables_that_unpublished_deliveries_and_unloaded_answers_change_are_computed(enriched: Enriched) -> None:
    enriched.enrich(load=False)
    after_answers = read(enriched.warehouse)
    still_due = due_quotes(enriched.warehouse.settings, as_of=enriched.clock.now())
    enriched.warehouse.load()
    after_load = read(enriched.warehouse)
    enriched.deliver(a_milestone("three"))

    assert {SNAPSHOTS, "history.milestone_intervals"} == after_answers == after_load
    assert [] == still_due
    assert {"ops.decisions"} == read(enriched.warehouse)
    assert [quote("three")] == due_quotes(enriched.warehouse.settings, as_of=enriched.clock.now())


def test_a_version_of_another_lake_or_without_its_file_is_not_read(enriched: Enriched) -> None:
    warehouse = enriched.warehouse
    Path(versions(warehouse.settings.layout)[-1].path).unlink()
    without_file = read(warehouse)
    warehouse.publish(full=True)
    assert {SNAPSHOTS, MILESTONES} == read(warehouse)
    manifest = warehouse.settings.layout.versions / f"{versions(warehouse.settings.layout)[-1].version}.json"
    manifest.chmod(0o600)
    manifest.write_text(manifest.read_text().replace('"lake": "lake', '"lake": "another'))

    assert set() == without_file == read(warehouse)

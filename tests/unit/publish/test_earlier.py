"""Manifests of earlier versions are gathered in one file, and read as before."""

from dataclasses import replace
from typing import Any

import pytest

from sighten_warehouse.publish import earlier, is_current
from sighten_warehouse.publish.versions import published_batches, versions
from support.factories import a_milestone
from support.warehouses import Warehouse


def test_manifests_of_earlier_versions_are_gathered_and_read_as_before(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = warehouse.settings.layout
    warehouse.deliver(a_milestone("one"))
    for number in range(2):
        warehouse.deliver(a_milestone(str(number)))
    known, batches = versions(layout), published_batches(layout)
    monkeypatch.setattr(earlier, "MANY", 4)

    newest = warehouse.publish()

    short: dict[str, Any] = {"tables": {}, "path": "", "codes": "", "dal_metrics": "", "lake": ""}
    assert [*(replace(version, **short) for version in known[:-1]), known[-1], newest] == versions(layout)
    assert 2 == len(list(layout.versions.glob("*.json")))
    assert batches == published_batches(layout)
    assert is_current(warehouse.settings)
    assert 4 == warehouse.value("select count(*) from ops.versions")


@pytest.mark.deep
def test_a_kill_while_manifests_are_gathered_loses_and_doubles_none(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = warehouse.settings.layout
    for number in range(3):
        warehouse.deliver(a_milestone(str(number)))
    known = versions(layout)
    manifests = {path: path.read_bytes() for path in layout.versions.glob("*.json")}
    monkeypatch.setattr(earlier, "MANY", 3)
    earlier.gather_if_many(layout, known, keep={known[-1].version})

    for path, content in manifests.items():  # as if none had been removed yet
        path.write_bytes(content)

    assert [version.version for version in known] == [version.version for version in versions(layout)]
    assert published_batches(layout) == {batch for version in known for batch in version.new_batches}

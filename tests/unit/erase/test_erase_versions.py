"""What was published before an erasure is removed when nobody is making something from it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from sighten_warehouse.durable import remove_files
from sighten_warehouse.erase import versions
from sighten_warehouse.locks import writer_if_free
from support.factories import a_milestone
from support.warehouses import Warehouse


def test_no_version_is_removed_while_it_is_exported(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse.deliver(a_milestone("one"))
    warehouse.deliver(a_milestone("two"))
    layout = warehouse.settings.layout
    exports_wait: list[bool] = []

    def remove(paths: Iterable[Path]) -> None:
        with writer_if_free(layout, "parquet") as is_free:
            exports_wait.append(not is_free)
        remove_files(paths)

    monkeypatch.setattr(versions, "remove_files", remove)
    versions.remove_published_before(warehouse.settings)

    assert [True] == exports_wait
    assert 1 == len([*layout.versions.glob("*.duckdb")])

"""Analysts open what is published on object storage, and change nothing there."""

import io
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from sighten_warehouse import open_warehouse
from sighten_warehouse.errors import NotPublishedError
from sighten_warehouse.objects.store import Store
from sighten_warehouse.publish.parquet import export_parquet, export_parquet_if_due
from sighten_warehouse.publish.versions import pull_newest, versions
from sighten_warehouse.report.writing import write_report
from support.factories import SAMPLE_BYTES, a_milestone
from support.object_stores import ObjectStore
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

Machines = Callable[[str], Warehouse]
WRITES = ("PUT", "POST", "DELETE")


def test_a_version_is_downloaded_once_and_history_when_it_is_asked_for(
    store: ObjectStore, machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines("A").deliver(SAMPLE_BYTES)
    machines("A").deliver(a_milestone("later"))
    export_parquet(machines("A").settings)
    monkeypatch.setenv("SIGHTEN_CACHE", str(tmp_path / "analyst"))
    store.requests.clear()

    with open_warehouse(store.url, pii="full") as opened:
        milestones = opened.frame("select count(*) as rows from milestones").rows[0]
        first = store.requests["GET"]
        history = opened.frame("select count(*) as rows from history.milestones").rows[0]
        then = opened.as_of("2100-01-01").frame("select count(*) as rows from milestones").rows[0]
    store.requests.clear()
    with open_warehouse(f"{store.url}/production/published/warehouse.duckdb") as again:
        masked = again.frame("select count(*) as rows from history.milestones").rows[0]

    assert (2, 2, 2, 2) == (milestones, history, then, masked)
    assert [0] * 3 == [store.requests[method] for method in WRITES]
    assert 2 == store.requests["GET"] < first  # a list of versions, and which is the newest
    assert opened.path == again.path
    readable = _objects(store, "published/parquet/milestones")
    assert [2] == [_rows(content) for content in readable]


def test_a_version_that_is_not_there_is_named_with_those_that_are(store: ObjectStore, machines: Machines) -> None:
    with pytest.raises(NotPublishedError, match=f"newest: no file below {store.url}; available: none"):
        open_warehouse(store.url)

    machines("A").deliver(SAMPLE_BYTES)
    version = versions(machines("A").settings.layout)[-1].version

    with pytest.raises(NotPublishedError, match=f"version 2020: .*available: {version}"):
        open_warehouse(store.url, version="2020")


def _objects(store: ObjectStore, folder: str) -> list[bytes]:
    bucket = Store(store.url)
    return [content.data for found in bucket.below(f"production/{folder}") if (content := bucket.get(found.key))]


def _rows(content: bytes) -> int:
    return pq.read_metadata(io.BytesIO(content)).num_rows


def test_duckdb_reads_it_in_place(store: ObjectStore, machines: Machines) -> None:
    extension = pytest.importorskip("duckdb_extension_httpfs", reason="a wheel of DuckDB 1.5, in that row")

    machines("A").deliver(SAMPLE_BYTES)
    export_parquet(machines("A").settings)
    [library] = Path(extension.__file__).parent.rglob("httpfs.duckdb_extension")

    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as connection:
        connection.execute(f"load '{library}'")
        connection.execute(
            "create secret (type s3, key_id 'key', secret 'secret', region 'us-east-1', url_style 'path',"
            f" use_ssl false, endpoint '127.0.0.1:{store.port}')"
        )
        connection.execute(f"attach '{store.url}/production/published/warehouse.duckdb' as published (read_only)")
        tables = connection.execute("select count(*) from published.marts.approval_cycles").fetchall()
        parquet = f"{store.url}/production/published/parquet/milestones/*.parquet"
        parts = connection.execute(f"select count(*) from read_parquet('{parquet}')").fetchall()

    assert [[(1,)], [(1,)]] == [tables, parts]


def test_a_machine_that_did_not_publish_writes_the_report_of_the_newest_version_and_exports_it(
    store: ObjectStore, machines: Machines
) -> None:
    publisher, other = machines("A"), machines("B")
    for milestone in (SAMPLE_BYTES, a_milestone("later")):
        publisher.deliver(milestone)

        export_parquet_if_due(other.settings)
        report = write_report(pull_newest(other.settings))

        newest = versions(publisher.settings.layout)[-1].version
        assert newest in other.settings.layout.report_data.read_text()
        assert report.exists()
    exported = Store(store.url).get("production/published/parquet/_version.json")
    assert exported
    assert versions(publisher.settings.layout)[0].version in exported.data.decode()  # the next is not due yet

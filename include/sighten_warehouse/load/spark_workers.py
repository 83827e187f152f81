"""Flattens batches on Spark's executors, which read landing and write history on the home that all machines share."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from sighten_warehouse.durable import hidden_files, remove, remove_files
from sighten_warehouse.lake.manifest import Manifest, prepared_path, read_manifest, write_manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.step import flatten_batch
from sighten_warehouse.logs import events_to_stderr
from sighten_warehouse.spark.session import explaining_spark

if TYPE_CHECKING:
    from sighten_warehouse.spark.session import Session


class SparkWorkers:
    """Flattens each batch in one task of Spark, with the function that a local process runs."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def flatten(self, manifests: Sequence[Manifest], *, layout: Layout) -> Iterator[Manifest]:
        """The flattened batches. A task whose executor is lost is repeated by Spark, and writes the same files.

        Raises:
            SparkError: a batch could not be flattened; nothing of it counts.
        """
        for manifest in manifests:
            write_manifest(prepared_path(layout, manifest.batch_id), manifest)
        ids = [manifest.batch_id for manifest in manifests]
        if ids:
            with explaining_spark("flattening"):
                numbers = self._session.range(0, len(ids), 1, len(ids))  # a task for each
                numbers.mapInArrow(_flattening(ids, layout), "batch_id string").collect()
            remove_files(hidden_files(layout.lake))  # of executors that were lost
        for batch_id in ids:
            prepared = prepared_path(layout, batch_id)
            yield read_manifest(prepared)
            remove(prepared)


def _flattening(ids: Sequence[str], layout: Layout) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function of a task: it flattens the batches of those numbers, and returns their ids."""

    def flatten(parts: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        events_to_stderr()
        for part in parts:
            done = [ids[number] for number in part.column(0).to_pylist()]
            for batch_id in done:
                path = prepared_path(layout, batch_id)
                write_manifest(path, flatten_batch(read_manifest(path), layout))
            yield pa.RecordBatch.from_pydict({"batch_id": done})

    return flatten

"""The Arrow schema of snapshots; webhooks fill one part of it, REST another."""

from collections.abc import Iterable

import pyarrow as pa

from sighten_warehouse.payload.rest_shapes import REST_MILESTONE, REST_TASK
from sighten_warehouse.payload.shapes import COMMENT

_NOT_OF_THE_ROW = ("tasks", "tasks_complete", "comments", "comments_complete", "position")


def snapshot_schema() -> pa.Schema:
    """The Arrow schema of `staging.snapshots`: one row for each loaded delivery, with its children nested."""
    return pa.schema(
        [
            ("landing_id", pa.string()),
            ("received_at", pa.timestamp("us")),
            ("kind", pa.string()),
            ("is_rest", pa.bool_()),
            ("milestone_id", pa.string()),
            ("task_id", pa.string()),
            ("site_id", pa.string()),
            ("quote_id", pa.string()),
            ("new_quote_id", pa.string()),
            ("milestone_definition_id", pa.string()),
            ("date_updated", pa.timestamp("us")),
            ("watermark_at", pa.timestamp("us")),
            ("content_hash", pa.string()),
            ("tasks_complete", pa.bool_()),
            ("milestone", pa.struct([*_without(REST_MILESTONE.arrow, _NOT_OF_THE_ROW), ("contract_id", pa.string())])),
            ("tasks", pa.list_(REST_TASK.arrow)),
            ("comments", pa.list_(COMMENT.arrow)),
        ]
    )


def _without(struct: pa.DataType, names: Iterable[str]) -> list[pa.Field]:
    omitted = set(names)
    return [field for field in struct if field.name not in omitted]

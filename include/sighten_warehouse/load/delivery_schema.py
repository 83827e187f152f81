"""The Arrow schemas of a delivery and of its drift, as Python stages them."""

import pyarrow as pa

DELIVERY_SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("place", pa.string()),
        ("expected", pa.string()),
        ("kind", pa.string()),
        ("subject", pa.string()),
        ("repair", pa.string()),
        ("milestone_id", pa.string()),
        ("task_id", pa.string()),
        ("watermark_at", pa.timestamp("us")),
        ("content_hash", pa.string()),
        ("body_sha256", pa.string()),
        ("body_bytes", pa.int64()),
        ("batch_id", pa.string()),
        ("landing_file", pa.string()),
        ("line_number", pa.int64()),
        ("copy_of_landing_id", pa.string()),
    ]
)
DRIFT_SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("kind", pa.string()),
        ("milestone_id", pa.string()),
        ("path", pa.string()),
        ("drift", pa.string()),
        ("expected", pa.string()),
        ("example", pa.string()),
        ("occurrences", pa.int64()),
        ("code_field", pa.string()),
    ]
)

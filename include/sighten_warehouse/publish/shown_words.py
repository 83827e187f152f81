"""What masked outputs show of keys, codes and labels: what the product or many milestones know, and no other word."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import duckdb

from sighten_warehouse.guards.masking import PSEUDONYMS
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import published_models
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.payload.codes import known_codes
from sighten_warehouse.settings import Settings

if TYPE_CHECKING:
    from sighten_warehouse.payload.shapes import Shape

SHARED_BY = 5  # milestones: a name that fewer of them have may be a person's, not a template's
LIST_ITEM = "[]"
PUBLISHED = "warehouse"  # the file being published, as attached
# Keys of API responses that stand in paths of drift and are no fields of an entity.
_ANSWER_KEYS = frozenset(("", "data", "milestones", "site_id", "site_updated_at", "status"))


def known_keys(settings: Settings) -> frozenset[str]:
    """Every key that may stand in a path: the vendor's, and the parts of the configured metrics."""
    # Shapes import pyarrow, which a publish without new drift does not need.
    from sighten_warehouse.payload.answers.signed_quotes import METRIC  # noqa: PLC0415  (on first use)
    from sighten_warehouse.payload.rest_shapes import ASSIGNEE_KEY, REST_MILESTONE, WORKFLOW  # noqa: PLC0415
    from sighten_warehouse.payload.shapes import MILESTONE, TASK_ROOT, USER  # noqa: PLC0415

    metrics = (metric.name for listed in read_dal_metrics(settings) for metric in listed.metrics)
    parts = (part.removesuffix(LIST_ITEM) for metric in metrics for part in metric.split("."))
    shapes = (MILESTONE, TASK_ROOT, USER, WORKFLOW, REST_MILESTONE)
    return _ANSWER_KEYS | {ASSIGNEE_KEY, METRIC} | set(parts) | {key for shape in shapes for key in _keys(shape)}


def _keys(shape: "Shape") -> Iterator[str]:
    yield from shape.by_key
    yield from shape.nested_keys
    # A repeated id is reported at its column.
    yield from filter(None, (shape.identity,))
    for name, child in shape.all_lists.items():
        yield name
        yield from _keys(child)


def shown_labels(connection: duckdb.DuckDBPyConnection, labels: Iterable[str], *, layout: Layout) -> frozenset[str]:
    """Those of the labels that are codes the home knows, or that at least `SHARED_BY` current milestones have."""
    codes = known_codes(layout)
    found = frozenset(labels)
    return (found & codes) | _shared(connection, sorted(found - codes))


def lost_labels(connection: duckdb.DuckDBPyConnection, *, layout: Layout, near: str) -> list[str]:
    """The shown labels that a touched milestone has no longer, so that too few may share them.

    To be called once the touched rows are recomputed, and before they replace the published ones. `near`: a condition
    that published rows of touched milestones meet.
    """
    query = f"select value from {PUBLISHED}.{PSEUDONYMS} where kind = 'label' and value = pseudonym"
    shown = {value for (value,) in connection.execute(query).fetchall()} - known_codes(layout)
    if not shown:
        return []
    touched = f"{near} and milestone_id in (from touched.milestones)"
    had, has = (
        " union ".join(
            f'select "{column}" as label, milestone_id from {of}{table} where "{column}" in (from shown) and {which}'
            for table, column in _label_columns()
        )
        for of, which in ((f"{PUBLISHED}.", touched), ("", "true"))
    )
    lost = f"with shown as (select unnest(?) as label) select distinct label from (({had}) except ({has}))"
    return [label for (label,) in connection.execute(lost, [sorted(shown)]).fetchall()]


def _shared(connection: duckdb.DuckDBPyConnection, labels: Sequence[str]) -> frozenset[str]:
    if not labels:
        return frozenset()
    pairs = " union ".join(
        f'select "{column}" as label, milestone_id from {PUBLISHED}.{table} where "{column}" in (from wanted)'
        for table, column in _label_columns()
    )
    shared = f"with wanted as (select unnest(?) as label) select label from ({pairs}) group by label "
    shared += f"having count(milestone_id) >= {SHARED_BY}"
    return frozenset(label for (label,) in connection.execute(shared, [list(labels)]).fetchall())


def _label_columns() -> Iterator[tuple[str, str]]:
    """Table and column of every label of a current milestone; history has more, and costs more to count."""
    for model in published_models():
        if model.schema in ("main", "marts") and not model.is_view:
            columns = {column.name: column.pii for column in model.columns}
            if "milestone_id" in columns:
                yield from ((model.full_name, name) for name, pii in columns.items() if pii == "label")

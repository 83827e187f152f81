"""What masked outputs show of keys, codes and labels: what the product or many milestones know, and no other word."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import duckdb

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
LABELS = "temp.labels"
ENOUGH = f"select label from {LABELS} where milestones >= {SHARED_BY}"
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


def count_labels(connection: duckdb.DuckDBPyConnection, *, layout: Layout) -> None:
    """Create `temp.labels`: how many current milestones have each label that is no code."""
    pairs = _pairs("true")
    counts = f"select label, count(*) as milestones from ({pairs}) group by label"
    connection.execute(f"create temp table labels as {counts}", [sorted(known_codes(layout))])


def recount_labels(connection: duckdb.DuckDBPyConnection, *, layout: Layout, near: str) -> None:
    """Create `temp.labels` of the labels that an update gives to more or fewer milestones, with the new numbers.

    To be called once the touched rows are recomputed, and before they replace the published ones. `near`: a condition
    that published rows of touched milestones meet.
    """
    touched = "milestone_id in (from touched.milestones)"
    had, has = _pairs(f"{near} and {touched}"), _pairs(touched, of="")
    changes = f"select label, 1 as change from ({has}) union all select label, -1 from ({had})"
    changes = f"select label, sum(change) as change from ({changes}) group by label having sum(change) <> 0"
    counts = f"select label, coalesce(milestones, 0) + change as milestones from ({changes}) left join cache.labels"
    connection.execute(f"create temp table labels as {counts} using (label)", [sorted(known_codes(layout))])


def shown_labels(connection: duckdb.DuckDBPyConnection, labels: Iterable[str], *, layout: Layout) -> frozenset[str]:
    """Those of the labels that are codes the home knows, or that enough milestones of `temp.labels` have."""
    shared = {label for (label,) in connection.execute(ENOUGH).fetchall()}
    return frozenset(labels) & (known_codes(layout) | shared)


def _pairs(condition: str, *, of: str = f"{PUBLISHED}.") -> str:
    """Each label of each milestone, once; `$1`: the known codes."""
    tables: dict[str, list[str]] = {}
    for table, column in _label_columns():
        tables.setdefault(table, []).append(f'"{column}"')
    labelled = " union all ".join(
        f"select unnest([{', '.join(columns)}]) as label, milestone_id from {of}{table} where {condition}"
        for table, columns in tables.items()
    )
    is_label = "label <> '' and milestone_id is not null and label not in (select unnest($1))"
    return f"select distinct label, milestone_id from ({labelled}) where {is_label}"


def _label_columns() -> Iterator[tuple[str, str]]:
    """Table and column of every label of a current milestone; marts repeat them, but for names of organizations.

    The milestone of an organization itself is that of its newest mention.
    """
    for model in published_models():
        if (model.schema == "main" and model.name != "organizations") or model.full_name == "marts.approval_cycles":
            columns = {column.name: column.pii for column in model.columns}
            if "milestone_id" in columns:
                yield from ((model.full_name, name) for name, pii in columns.items() if pii == "label")

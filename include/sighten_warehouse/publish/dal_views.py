"""One wide, typed view of `main.dal_values` for each object of SIGHTEN_DAL_METRICS: a row for each signed quote."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.models import Column, Model, models
from sighten_warehouse.payload.answers.dal_config import DalObject, Metric

SHAPES = "enrich.metric_shapes"
SIGNED_QUOTE_ID, PULLED_AT = "signed_quote_id", "pulled_at"

# Readers query these views without the macros of sql/macros/duckdb.sql, so they use DuckDB's own functions only.
_TEXT = (
    """case when starts_with(cast("value" as varchar), '"') then "value" ->> '$' else cast("value" as varchar) end"""
)
_OFFSET = r"([+-])(\d\d):?(\d\d)$"
_MINUTES = (
    f"coalesce(try_cast(regexp_extract({{text}}, '{_OFFSET}', 1) || '1' as bigint)"
    f" * (try_cast(regexp_extract({{text}}, '{_OFFSET}', 2) as bigint) * 60"
    f" + try_cast(regexp_extract({{text}}, '{_OFFSET}', 3) as bigint)), 0)"
)
_TYPED = {
    "text": "{text}",
    "number": "try_cast({text} as double)",
    "integer": "try_cast({text} as bigint)",
    "boolean": "try_cast({text} as boolean)",
    "date": "try_cast(substr({text}, 1, 10) as date)",
    # Whether a cast applies an offset depends on DuckDB's version, so the offset is removed and subtracted here.
    "timestamp": r"try_cast(regexp_replace({text}, '(Z|[+-]\d\d:?\d\d)$', '') as timestamp) - to_minutes("
    + _MINUTES
    + ")",
    "json": '"value"',
}


@dataclass(frozen=True)
class _Shape:
    """The type of a metric's values; text if there are none."""

    is_list: bool = False
    type: str = "text"


Shapes = dict[tuple[str, str, str], _Shape]


def create_dal_views(connection: duckdb.DuckDBPyConnection, objects: Sequence[DalObject]) -> list[Model]:
    """Create the views in `main` and return them as models; `main.dal_values` and `main.quotes` must be filled."""
    rows = connection.execute(models()[SHAPES].select or "").fetchall() if objects else []
    shapes: Shapes = {(name, metric, baseline): _Shape(*shape) for name, metric, baseline, *shape in rows}
    views = [_view(dal_object, shapes) for dal_object in objects]
    for view in views:
        connection.execute(f"create or replace view {view.full_name} as {view.select}")
    return views


def _view(dal_object: DalObject, shapes: Shapes) -> Model:
    metrics = dal_object.metrics
    names = list(_column_names(dal_object))
    found = [shapes.get((dal_object.name, metric.name, metric.baseline), _Shape()) for metric in metrics]
    selected = [_selected(metric, shape) for metric, shape in zip(metrics, found, strict=True)]
    listed = "".join(f', {value} as "{name}"' for name, value in zip(names, selected, strict=True))
    select = f"select {SIGNED_QUOTE_ID}{listed}, max({PULLED_AT}) as {PULLED_AT} from main.dal_values"
    signed = f"{SIGNED_QUOTE_ID} in (select signed_quote_id from main.quotes where resolution = 'signed')"
    return Model(
        schema="main",
        name=dal_object.view,
        description=f"The newest values of {dal_object.name}, queried as {dal_object.dal_object}; one row per quote.",
        is_view=True,
        columns=(
            Column(SIGNED_QUOTE_ID, "text", "The quote signed now, for which the DAL was queried."),
            *(_column(name, metric, shape) for name, metric, shape in zip(names, metrics, found, strict=True)),
            Column(PULLED_AT, "timestamp", "When the newest of these values was pulled. UTC."),
        ),
        select=f"{select} where object = '{dal_object.name}' and {signed} group by {SIGNED_QUOTE_ID}",
        grain=(SIGNED_QUOTE_ID,),
        inputs=("main.dal_values", "main.quotes"),
    )


def _selected(metric: Metric, shape: _Shape) -> str:
    typed = _TYPED[metric.type or shape.type].replace("{text}", _TEXT)
    is_metric = f"metric = {_literal(metric.name)} and baseline = '{metric.baseline}'"
    if not shape.is_list:
        return f"max(case when {is_metric} then {typed} end)"
    # A null in place of the list is not a list of one null.
    values = f'count("value") filter (where {is_metric})'
    return f"case when {values} > 0 then list({typed} order by position) filter (where {is_metric}) end"


def _column(name: str, metric: Metric, shape: _Shape) -> Column:
    kind = metric.type or shape.type
    plural = f"a list of {kind}" if shape.is_list else kind
    zone = " UTC." if kind == "timestamp" else ""
    return Column(name, kind, f"The metric {metric.name} of the {metric.baseline} baseline: {plural}.{zone}", "json")


def _column_names(dal_object: DalObject) -> Iterator[str]:
    """The metrics' names with `_` for each other character than a letter, digit or underscore.

    A name that is taken, in any case, gets the object's name in front, and a number if that is taken too.
    """
    taken = {SIGNED_QUOTE_ID, PULLED_AT}
    for metric in dal_object.metrics:
        plain = re.sub(r"\W", "_", metric.name)
        with_object = f"{dal_object.name}_{plain}"
        numbered = (f"{with_object}_{number}" for number in count(2))
        name = next(name for name in chain([plain, with_object], numbered) if name.lower() not in taken)
        taken.add(name.lower())
        yield name


def _literal(text: str) -> str:
    return f"'{quoted(text)}'"

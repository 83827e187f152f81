"""Views of the published tables in which personal data is replaced."""

from collections.abc import Sequence

import duckdb

from sighten_warehouse.guards.masking import MASKED, WITH_PSEUDONYM, is_masked, masked_select
from sighten_warehouse.models import PII_KINDS, Column, Model, published_models
from sighten_warehouse.publish.shown_words import SHARED_BY

SCHEMA = "masked"


def create_masked_views(connection: duckdb.DuckDBPyConnection) -> list[Model]:
    """Create the masked view of every published model that holds personal data; return them as models."""
    views = masked_models()
    for view, model in views:
        connection.execute(f"create view {view.full_name} as {masked_select(model.columns, source=model.full_name)}")
    return [view for view, _ in views]


def create_masked_dal_views(connection: duckdb.DuckDBPyConnection, views: Sequence[Model]) -> list[Model]:
    """Create the masked view of each wide view of DAL values, with the same types; return them as models."""
    masked_views = [_masked_model(view) for view in views]
    for masked, view in zip(masked_views, views, strict=True):
        types = {name: kind for name, kind, *_ in connection.execute(f"describe {view.full_name}").fetchall()}
        listed = ", ".join(f'{_metric(column, types[column.name])} as "{column.name}"' for column in view.columns)
        connection.execute(f"create or replace view {masked.full_name} as select {listed} from {view.full_name}")
    return masked_views


def _metric(column: Column, kind: str) -> str:
    """The masked value of a metric, which may be personal data; NULL if its type cannot hold `masked`."""
    value = f'"{column.name}"'
    if column.pii is None or kind == "BOOLEAN":
        return value
    replacements = {
        "VARCHAR": f"case when {value} = '' then '' when {value} is not null then '{MASKED}' end",
        "JSON": f"""case when {value} is not null then cast('"{MASKED}"' as json) end""",
        "VARCHAR[]": f"case when {value} is not null then ['{MASKED}'] end",
        "JSON[]": f"""case when {value} is not null then [cast('"{MASKED}"' as json)] end""",
    }
    return replacements.get(kind, f"cast(null as {kind})")


def masked_models() -> list[tuple[Model, Model]]:
    """The masked views as models, each with the published model that it masks."""
    return [(_masked_model(model), model) for model in published_models() if is_masked(model)]


def _masked_model(model: Model) -> Model:
    """The masked view as a model, with descriptions."""
    columns = tuple(_masked_column(column) for column in model.columns)
    description = f"{model.description} Personal data is masked."
    return Model(SCHEMA, model.name, description, True, columns, None, model.grain, (model.full_name,))


def _masked_column(column: Column) -> Column:
    notes = {
        "file_name": " Only the file extension is shown.",
        **dict.fromkeys(WITH_PSEUDONYM, " Replaced by a pseudonym."),
        "label": f" A pseudonym, unless it is a known code or {SHARED_BY} milestones share it.",
        "path": " Unknown keys are replaced by pseudonyms.",
    }
    note = notes.get(column.pii or "", " Masked." if column.pii in PII_KINDS else "")
    return Column(column.name, column.type, column.description + note, column.pii)

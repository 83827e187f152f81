"""Views of the published tables in which personal data is replaced."""

from collections.abc import Iterator, Sequence

import duckdb

from sighten_warehouse.models import PII_KINDS, Column, Model, published_models
from sighten_warehouse.publish.pseudonyms import PSEUDONYMS, WITH_PSEUDONYM

SCHEMA = "masked"
MASKED = "masked"  # replaces a value that has no pseudonym
# Values that are already masked, in a portable file, stay.
_PSEUDONYM = f"({'|'.join(WITH_PSEUDONYM)})-[0-9a-f]{{{{16}}}}"
_UNKNOWN = f"case when regexp_full_match({{value}}, '{_PSEUDONYM}') then {{value}} else '{MASKED}' end"
_REPLACEMENTS = {
    "file_name": r"'masked' || lower(regexp_extract({value}, '\.[A-Za-z0-9]{{1,5}}$'))",
    "text": "'masked'",
    "json": "case when json_type({value}) = 'BOOLEAN' then {value} else cast('\"masked\"' as json) end",
}


def is_masked(model: Model) -> bool:
    """Whether the model holds personal data and so has a masked view."""
    return model.full_name != PSEUDONYMS and any(column.pii for column in model.columns)


def masked_select(columns: Sequence[Column], *, source: str, pseudonyms: str = PSEUDONYMS) -> str:
    """A `select` from the source that replaces personal data; NULL and empty texts stay."""
    listed = ", ".join(f'{_value(number, column)} as "{column.name}"' for number, column in enumerate(columns))
    return " ".join([f"select {listed} from {source} as rows", *_joins(columns, pseudonyms)])


def _value(number: int, column: Column) -> str:
    value = f'rows."{column.name}"'
    if column.pii is None:
        return value
    mask = (
        f"coalesce(names_{number}.pseudonym, {_UNKNOWN})" if column.pii in WITH_PSEUDONYM else _REPLACEMENTS[column.pii]
    )
    kept = "" if column.type == "json" else f"when {value} = '' then '' "
    return f"case {kept}when {value} is not null then {mask.format(value=value)} end"


def _joins(columns: Sequence[Column], pseudonyms: str) -> Iterator[str]:
    for number, column in enumerate(columns):
        if column.pii in WITH_PSEUDONYM:
            name, value = f"names_{number}", f'rows."{column.name}"'
            yield f"left join {pseudonyms} as {name} on {name}.kind = '{column.pii}' and {name}.value = {value}"


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
    }
    note = notes.get(column.pii or "", " Masked." if column.pii in PII_KINDS else "")
    return Column(column.name, column.type, column.description + note, column.pii)

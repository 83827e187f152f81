"""Selects that replace personal data, by the kind of each column."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sighten_warehouse.models import PII_KINDS, Column, Model

PSEUDONYMS = "ops.pseudonyms"
PSEUDONYMS_COLUMNS = dict.fromkeys(("kind", "value", "pseudonym"), "varchar")
WITH_PSEUDONYM = ("email", "name", "label", "path")  # kinds of personal data that get pseudonyms; others are masked
WITH_SHOWN = ("label", "path")  # kinds of which some values are shown as they are: their pseudonym is the value
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


def masked_select(
    columns: Sequence[Column], *, source: str, pseudonyms: str = PSEUDONYMS, kinds: Collection[str] = PII_KINDS
) -> str:
    """A `select` from the source that replaces personal data of those kinds; NULL and empty texts stay."""
    replaced = [column if column.pii in kinds else replace(column, pii=None) for column in columns]
    listed = ", ".join(f'{_value(number, column)} as "{column.name}"' for number, column in enumerate(replaced))
    return " ".join([f"select {listed} from {source} as rows", *_joins(replaced, pseudonyms)])


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

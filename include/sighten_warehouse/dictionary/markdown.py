"""The data dictionary as Markdown, generated from the descriptions beside the models."""

from collections.abc import Iterable, Iterator

from sighten_warehouse.dictionary.relations import DRAWN, er_diagram
from sighten_warehouse.models import Model, as_of_macros, models

INTRODUCTION = """\
# Data dictionary

Every table in `warehouse.duckdb`. `make docs` generates this page from the descriptions beside the models in `sql/`.
The same descriptions are COMMENTs in the file, and `sighten-warehouse dictionary --html` writes them as one HTML page.
For the masking of names, see [the decision](decisions/names-are-masked-beside-the-tables.md).

{notes}
"""
_MASKS = (
    "`personal` names the kind of personal data in a column. The schema `masked` has a view of each table of `main`, "
    "`marts` and `ops` with such columns: e-mail addresses and names are pseudonyms, file names only their extension, "
    "and texts and JSON only whether there is a value."
)
NOTES = (
    "Times are UTC (`timestamp` without time zone). The warehouse's own end in `_at`; others keep the vendor's name.",
    "Ids are UUIDs as text, named `<entity>_id`.",
    "`landing_id` is the delivery that a row comes from; its outcome is in `ops.deliveries`.",
    "`_rescued` holds, as JSON, unknown fields and values that fit no column of the row.",
    "The grain of a table is the set of columns that identifies a row.",
    _MASKS,
)
SCHEMAS = {
    "main": ("Current state", "One row per entity, in its newest state. Queries may omit `main`."),
    "marts": ("Reports", "Marts: events, cycle times and counts for reports."),
    "ops": ("Operations", "Deliveries and their outcomes, batches, versions and data quality."),
    "history": (
        "History",
        "One row per entity and snapshot, and the intervals of validity derived from them.",
    ),
}
AS_OF = "State at a time (UTC)"
WRITTEN_BY_A_STEP = "Its rows are written by a step, not by a `select`. No step of this version writes it."


def render_dictionary() -> str:
    """The whole dictionary: one section per schema, one table per model."""
    introduction = INTRODUCTION.format(notes="\n".join(f"- {note}" for note in NOTES))
    sections = (line for schema in SCHEMAS for line in _section(schema))
    return "\n".join([introduction, *_contents(), *_macros(), *sections])


def _macros() -> Iterator[str]:
    yield f"## {AS_OF}\n"
    for name, description in as_of_macros().items():
        yield f"- `from {name}(timestamp '2018-09-01')`: {description}"
    yield ""


def _contents() -> Iterator[str]:
    for schema, (title, _) in SCHEMAS.items():
        links = ", ".join(f"[{model.name}](#{_anchor(model)})" for model in models_of(schema))
        yield f"**{title}** (`{schema}`): {links}\n"


def _section(schema: str) -> Iterator[str]:
    title, sentence = SCHEMAS[schema]
    yield f"## {title}\n\n{sentence}\n"
    if schema in DRAWN:
        yield "```mermaid\n" + "\n".join(er_diagram(schema)) + "\n```\n"
    for model in models_of(schema):
        yield from _table(model)


def models_of(schema: str) -> Iterable[Model]:
    """The tables of a schema."""
    return (model for model in models().values() if model.schema == schema)


def _table(model: Model) -> Iterator[str]:
    yield f"### {model.full_name}\n\n{model.description}\n"
    if model.select is None:
        yield f"{WRITTEN_BY_A_STEP}\n"
    else:
        yield f"Grain: {', '.join(f'`{name}`' for name in model.grain)}\n"
    rows = [(f"`{column.name}`", column.type, column.pii or "", _cell(column.description)) for column in model.columns]
    yield "\n".join(_aligned([("column", "type", "personal", "meaning"), *rows])) + "\n"


def _aligned(rows: list[tuple[str, str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    for number, (*cells, meaning) in enumerate(rows):
        yield "".join(f"| {cell:{width}} " for cell, width in zip(cells, widths, strict=True)) + f"| {meaning} |"
        if number == 0:
            yield "".join(f"|{'-' * (width + 2)}" for width in widths) + f"|{'-' * (len(meaning) + 2)}|"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(model: Model) -> str:
    # As GitHub and others derive it from a heading: lower case, without the dot.
    return model.full_name.replace(".", "").lower()


if __name__ == "__main__":
    print(render_dictionary(), end="")  # noqa: T201  (`make docs` redirects it)

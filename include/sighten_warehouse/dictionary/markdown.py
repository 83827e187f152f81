"""The data dictionary: what every published table and column means, as Markdown, from the models' own descriptions."""

from collections.abc import Iterable, Iterator

from sighten_warehouse.dictionary.relations import DRAWN, er_diagram
from sighten_warehouse.models import Model, models

INTRODUCTION = """\
# Data dictionary

Every table that `warehouse.duckdb` holds, written by `make docs` from the descriptions beside the models in `sql/`. The
same sentences are COMMENTs in the file itself, and `sighten-warehouse dictionary --html` makes a page of them. How
names are masked is [a decision](decisions/names-are-masked-beside-the-tables.md).

{notes}
"""
_MASKS = (
    "`personal` names the kind of personal data that a column holds. The schema `masked` has a view of each table of "
    "`main`, `marts` and `ops` that holds any: pseudonyms in place of e-mail addresses and names, of a file's name its "
    "ending, and of texts and JSON only that there are some."
)
NOTES = (
    "Times are UTC, of type `timestamp` without a zone. Our own end in `_at`; others have the vendor's name.",
    "Ids are UUIDs as text, named `<entity>_id`.",
    "`landing_id` names the delivery that a row comes from; `ops.deliveries` says what became of it.",
    "`_rescued` holds, as JSON, whatever fitted no column of the row.",
    "A grain is the set of columns that tells a table's rows apart.",
    _MASKS,
)
SCHEMAS = {
    "main": ("Current state", "One row for each thing that exists now. `main` need not be written in a query."),
    "marts": ("Reports", "Answers, one row for each thing that is counted or timed."),
    "ops": ("Operations", "What became of every delivery, batch and version."),
    "history": (
        "History",
        "One row for each thing and each snapshot that mentioned it, and intervals of validity made of these: views.",
    ),
}
WRITTEN_BY_A_STEP = "Not made by a `select`: a step of the product writes its rows. No step of this version does."


def render_dictionary() -> str:
    """The whole dictionary, one section a schema and one table a model."""
    introduction = INTRODUCTION.format(notes="\n".join(f"- {note}" for note in NOTES))
    return "\n".join([introduction, *_contents(), *(line for schema in SCHEMAS for line in _section(schema))])


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
    # As forges make it of a heading: lower case, the dot left out.
    return model.full_name.replace(".", "").lower()


if __name__ == "__main__":
    print(render_dictionary(), end="")  # noqa: T201  (`make docs` writes what it prints)

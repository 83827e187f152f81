"""The SQL models: one `select` a file, with a description of every column beside it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from sighten_warehouse.errors import ModelError
from sighten_warehouse.shared_columns import expand, flat, lists_of, words

# How a landing line becomes rows of history. Raise it when the same lines give other rows; homes are then advised to
# rebuild. `tests/unit/test_rules_version.py` fails when rows change and this does not.
RULES_VERSION = 1

SCHEMAS = ("staging", "history", "main", "marts", "ops", "enrich")  # each a folder of models
NOT_PUBLISHED = ("staging", "enrich")  # steps on the way to rows, or to what is to be asked: no analyst sees them
DUCKDB_TYPES = {
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "integers": "bigint[]",
    "number": "double",
    "boolean": "boolean",
    "json": "json",
}
# What a column tells of a person: it decides what stands in its place where people are masked.
PII_KINDS = ("email", "name", "file_name", "text", "json")
RESCUED = "_rescued"  # whatever came, so it may be about anybody
# Every process that loads or publishes reads all descriptions: by libyaml in a tenth of the time, where there is one.
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HEADER = re.compile(r"^-- (?P<key>grain|inputs): (?P<value>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """One column of a model: its name, its type (a key of `DUCKDB_TYPES`), its meaning, its kind of personal data."""

    name: str
    type: str
    description: str
    pii: str | None = None


@dataclass(frozen=True)
class Model:
    """One table: what it means and, unless a step of the product writes its rows itself, the `select` that makes it.

    A view holds no rows: whoever asks it pays, and publishing it costs the same however long history is. Readers know
    none of the words in `sql/macros/duckdb.sql`, so its `select` uses none.
    """

    schema: str
    name: str
    description: str
    is_view: bool
    columns: tuple[Column, ...]
    select: str | None
    grain: tuple[str, ...]
    inputs: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Schema and name, as the SQL refers to it."""
        return f"{self.schema}.{self.name}"

    @property
    def is_loaded(self) -> bool:
        """Whether `load` writes its rows, into files of the lake: history made of staged rows alone."""
        return self.schema == "history" and all(name.startswith("staging.") for name in self.inputs)


def sql_folder() -> Path:
    """The folder of the models: inside the installed package, or at the root of the repository."""
    package = Path(__file__).resolve().parent
    for folder in (package / "sql", package.parent.parent / "sql"):
        if folder.is_dir():
            return folder
    raise ModelError(f"no folder of SQL models: expected {package / 'sql'} or {package.parent.parent / 'sql'}")


def macros(name: str) -> str:
    """The statements that teach an engine the words the models use; as `published`, those that readers ask with."""
    return _sql(sql_folder() / "macros" / f"{name}.sql")


def _sql(path: Path) -> str:
    """The statements of that file, the columns that models share written out."""
    return expand(path.read_text(), shared_columns(), path=path)


@cache
def shared_columns() -> dict[str, tuple[str, ...]]:
    """The lists of columns that models share, by the word that stands for each in their SQL."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((sql_folder() / "history").glob("*.yml")):
        found |= words(lists_of(_description(path.parent, path.stem)["columns"]))
    return found


@cache
def models() -> dict[str, Model]:
    """All models by full name.

    Raises:
        ModelError: a model lacks its description or header, or a description has no model to lean on.
    """
    found = {}
    for schema in SCHEMAS:
        folder = sql_folder() / schema
        for stem in sorted({path.stem for path in folder.iterdir() if path.suffix in (".sql", ".yml")}):
            found[f"{schema}.{stem}"] = _read_model(folder, stem)
    return found


def _read_model(folder: Path, stem: str) -> Model:
    schema = folder.name
    select = folder / f"{stem}.sql"
    text = _sql(select) if select.exists() else None
    described: dict[str, Any] = (
        {"description": "", "columns": {}} if schema in NOT_PUBLISHED else _description(folder, stem)
    )
    header = {match["key"]: match["value"] for match in _HEADER.finditer(text or "")}
    if text is not None and not (text.startswith("-- ") and set(header) == {"grain", "inputs"}):
        raise ModelError(f"{select}: expected a header of a sentence, `-- grain:` and `-- inputs:`")
    return Model(
        schema=schema,
        name=stem,
        description=described["description"],
        is_view=described.get("view", False),
        columns=tuple(
            _column(folder / f"{stem}.yml", name, facts)
            for name, facts in _described_columns(folder, stem, described).items()
        ),
        select=text,
        grain=_names(header.get("grain", "")),
        inputs=_names(header.get("inputs", "")),
    )


def _described_columns(folder: Path, stem: str, described: dict[str, Any]) -> dict[str, Any]:
    """Column → facts, in order: those that it is `like` another model in are taken over from there."""
    same: dict[str, Any] = {}
    lists = lists_of(described["columns"])
    if "like" in described:
        schema, _, name = described["like"].partition(".")
        other = _description(folder.parent / schema, name)
        same, lists = _described_columns(folder.parent / schema, name, other), lists_of(other["columns"]) | lists
    columns = flat(described["columns"], lists, path=folder / f"{stem}.yml")
    return {name: facts or same.get(name) for name, facts in columns.items()}


@cache
def _description(folder: Path, stem: str) -> dict[str, Any]:
    path = folder / f"{stem}.yml"
    if not path.exists():
        raise ModelError(f"{path}: missing; expected a description of every column of {stem}.sql")
    described: dict[str, Any] = yaml.load(path.read_text(), Loader=_YAML)  # noqa: S506  (either is a safe one)
    return described


def _column(path: Path, name: str, facts: Any) -> Column:
    if not isinstance(facts, dict) or facts.get("type") not in DUCKDB_TYPES or not facts.get("description"):
        raise ModelError(f"{path}: column {name}: expected a type of {', '.join(DUCKDB_TYPES)} and a description")
    pii = facts.get("pii", "json" if name == RESCUED else None)
    if pii not in (None, *PII_KINDS):
        raise ModelError(f"{path}: column {name}: pii is {pii}, expected one of {', '.join(PII_KINDS)}")
    return Column(name, facts["type"], facts["description"], pii)


def _names(listed: str) -> tuple[str, ...]:
    return tuple(part.split()[0] for part in listed.split(",") if part.strip())


def loaded_models() -> list[Model]:
    """The tables of the lake, which `load` fills; in a published file they are views of its files."""
    return in_order(model for model in models().values() if model.is_loaded)


def published_models() -> list[Model]:
    """The tables and views that are made at publish, each after the ones it reads."""
    made = (model for model in models().values() if model.schema not in NOT_PUBLISHED and not model.is_loaded)
    return in_order(made)


def in_order(models: Iterable[Model]) -> list[Model]:
    """Those models, each after the ones of them that it reads.

    Raises:
        ModelError: models read each other in a circle.
    """
    wanted = {model.full_name: model for model in models}
    sorter = TopologicalSorter({name: [one for one in model.inputs if one in wanted] for name, model in wanted.items()})
    try:
        return [wanted[name] for name in sorter.static_order()]
    except CycleError as error:
        raise ModelError(f"models read each other in a circle: {' → '.join(error.args[1])}") from None


@cache
def published_digest() -> str:
    """A short hash of all SQL and descriptions: once it differs, the next publish is not skipped."""
    digest = hashlib.sha256()
    files = [path for path in sql_folder().rglob("*") if path.suffix in (".sql", ".yml")]
    for path in sorted(files, key=lambda path: path.parts[-2:]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]

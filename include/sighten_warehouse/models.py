"""The SQL models: one `select` per file, with a description of every column beside it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from sighten_warehouse.errors import ModelError
from sighten_warehouse.shared_columns import expand, flat, lists_of, placeholders

# The rules that turn landing lines into rows of history. Raise it when the same lines give other rows; `status` then
# advises a rebuild. `test_rules_version.py` fails if rows change without it.
RULES_VERSION = 4

STEPS = ("staging", "temp")  # `temp`: large, temporary tables, by which the published file does not grow
NOT_PUBLISHED = (*STEPS, "enrich", "erase", "cache", "touched")  # steps between, lists, and what an update reads
SCHEMAS = (*STEPS, "history", "main", "marts", "ops", *NOT_PUBLISHED[2:])  # folders of models
ALL, ADDED = "all rows", "no row"  # how a table is updated if its rows are not replaced by their ids
DUCKDB_TYPES = {
    "text": "varchar",
    "timestamp": "timestamp",
    "date": "date",
    "integer": "bigint",
    "texts": "varchar[]",
    "timestamps": "timestamp[]",
    "number": "double",
    "boolean": "boolean",
    "json": "json",
}
# Kinds of personal data; the kind of a column decides how it is masked.
PII_KINDS = ("email", "name", "label", "path", "file_name", "text", "json")
RESCUED = "_rescued"  # unknown fields, which may be personal data
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml takes a tenth of the time
_HEADER = re.compile(r"^-- (?P<key>grain|inputs|replaced by): (?P<value>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """One column of a model; `type` is a key of `DUCKDB_TYPES`, `pii` one of `PII_KINDS`.

    `computed`: an SQL expression over the table's other columns, computed whenever the column is read, so that it may
    depend on the present time; the model's `select` does not give it.
    """

    name: str
    type: str
    description: str
    pii: str | None = None
    computed: str | None = None


@dataclass(frozen=True)
class Model:
    """A table or view with its description; `select` is None if a step writes the rows.

    A view holds no rows. Readers lack the macros of `sql/macros/duckdb.sql`, so its `select` uses none.
    `replaced_by`: the columns whose ids decide which rows of a table an update replaces, or `ALL` or `ADDED`.
    """

    schema: str
    name: str
    description: str
    is_view: bool
    columns: tuple[Column, ...]
    select: str | None
    grain: tuple[str, ...]
    inputs: tuple[str, ...]
    replaced_by: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """Schema and name, as in SQL."""
        return f"{self.schema}.{self.name}"

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns that the model's `select` gives."""
        return tuple(column for column in self.columns if column.computed is None)

    @cached_property
    def is_loaded(self) -> bool:
        """Whether `load` writes its rows to the lake: a history table that reads staged rows only."""
        return self.schema == "history" and all(name.startswith("staging.") for name in self.inputs)

    @property
    def is_updated(self) -> bool:
        """Whether it is a published table, whose rows publish replaces."""
        return not (self.is_view or self.is_loaded or self.schema in NOT_PUBLISHED)

    @cached_property
    def is_intermediate(self) -> bool:
        """Whether publish computes it for other models and does not publish it."""
        made = {name for name in self.inputs if name in models() and models()[name].is_intermediate}
        return self.schema in STEPS and any(name in made or not name.startswith("staging.") for name in self.inputs)


def sql_folder() -> Path:
    """The folder of the models: inside the installed package, or at the root of the repository."""
    package = Path(__file__).resolve().parent
    for folder in (package / "sql", package.parent.parent / "sql"):
        if folder.is_dir():
            return folder
    raise ModelError(f"no folder of SQL models; expected {package / 'sql'} or {package.parent.parent / 'sql'}")


def macros(name: str) -> str:
    """The statements that create macros: `duckdb` for the models, `published` for readers."""
    return _sql(sql_folder() / "macros" / f"{name}.sql")


def as_of_macros() -> dict[str, str]:
    """The macros for the state at a time: name → description."""
    return dict(re.findall(r"comment on macro table (\w+) is '([^']+)'", macros("published")))


def _sql(path: Path) -> str:
    """The text of that file, with the shared columns expanded."""
    return expand(path.read_text(), shared_columns(), path=path)


@cache
def shared_columns() -> dict[str, tuple[str, ...]]:
    """The lists of columns that models share, by their placeholder in SQL."""
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted((sql_folder() / "history").glob("*.yml")):
        found |= placeholders(lists_of(_description(path.parent, path.stem)["columns"]))
    return found


@cache
def models() -> dict[str, Model]:
    """All models by full name.

    Raises:
        ModelError: a model lacks its description or header, or a description is ill-formed.
    """
    found = {}
    for schema in SCHEMAS:
        folder = sql_folder() / schema
        for stem in sorted({path.stem for path in folder.iterdir() if path.suffix in (".sql", ".yml")}):
            found[f"{schema}.{stem}"] = _read_model(folder, stem)
    return found


def _read_model(folder: Path, stem: str) -> Model:
    select = folder / f"{stem}.sql"
    text = _sql(select) if select.exists() else None
    described: dict[str, Any] = (
        {"description": "", "columns": {}} if folder.name in NOT_PUBLISHED else _description(folder, stem)
    )
    header = {match["key"]: match["value"] for match in _HEADER.finditer(text or "")}
    if text is not None and not (text.startswith("-- ") and set(header) >= {"grain", "inputs"}):
        raise ModelError(f"{select}: expected a header of a sentence, `-- grain:` and `-- inputs:`")

    def listed(key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in header.get(key, "").split(",") if part.strip())

    return Model(
        schema=folder.name,
        name=stem,
        description=described["description"],
        is_view=described.get("view", False),
        columns=tuple(
            _column(folder / f"{stem}.yml", name, facts)
            for name, facts in _described_columns(folder, stem, described).items()
        ),
        select=text,
        grain=tuple(part.split()[0] for part in listed("grain")),
        inputs=tuple(part.split()[0] for part in listed("inputs")),
        replaced_by=listed("replaced by"),
    )


def _described_columns(folder: Path, stem: str, described: dict[str, Any]) -> dict[str, Any]:
    """Column → facts, in order; with `like`, facts that are missing here come from that model."""
    inherited: dict[str, Any] = {}
    lists = lists_of(described["columns"])
    if "like" in described:
        schema, _, name = described["like"].partition(".")
        other = _description(folder.parent / schema, name)
        inherited, lists = _described_columns(folder.parent / schema, name, other), lists_of(other["columns"]) | lists
    columns = flat(described["columns"], lists, path=folder / f"{stem}.yml")
    return {name: facts or inherited.get(name) for name, facts in columns.items()}


@cache
def _description(folder: Path, stem: str) -> dict[str, Any]:
    path = folder / f"{stem}.yml"
    if not path.exists():
        raise ModelError(f"{path}: missing; expected a description of every column of {stem}.sql")
    described: dict[str, Any] = yaml.load(path.read_text(), Loader=_YAML)  # noqa: S506  (both loaders are safe)
    return described


def _column(path: Path, name: str, facts: Any) -> Column:
    if not isinstance(facts, dict) or facts.get("type") not in DUCKDB_TYPES or not facts.get("description"):
        raise ModelError(f"{path}: column {name}: expected a type of {', '.join(DUCKDB_TYPES)} and a description")
    pii = facts.get("pii", "json" if name == RESCUED else None)
    if pii not in (None, *PII_KINDS):
        raise ModelError(f"{path}: column {name}: pii is {pii}, expected one of {', '.join(PII_KINDS)}")
    zone = " UTC." if facts["type"] in ("timestamp", "timestamps") else ""
    return Column(name, facts["type"], facts["description"] + zone, pii, facts.get("computed"))


@cache
def loaded_models() -> tuple[Model, ...]:
    """The tables of the lake, which `load` fills; in a published file they are views of the lake's files."""
    return in_order(model for model in models().values() if model.is_loaded)


def published_models() -> list[Model]:
    """The tables and views that publish makes, each after its inputs."""
    return [model for model in built_models() if not model.is_intermediate]


@cache
def built_models() -> tuple[Model, ...]:
    """The models that publish computes, each after its inputs: those it publishes, and the intermediate ones."""
    made = (model for model in models().values() if not model.is_loaded)
    return in_order(model for model in made if model.schema not in NOT_PUBLISHED or model.is_intermediate)


def in_order(models: Iterable[Model]) -> tuple[Model, ...]:
    """The models, each after its inputs.

    Raises:
        ModelError: models read each other in a circle.
    """
    by_name = {model.full_name: model for model in models}
    inputs = {name: [table for table in model.inputs if table in by_name] for name, model in by_name.items()}
    try:
        return tuple(by_name[name] for name in TopologicalSorter(inputs).static_order())
    except CycleError as error:
        raise ModelError(f"models read each other in a circle: {' → '.join(error.args[1])}") from None


@cache
def published_digest() -> str:
    """A short hash of all SQL and descriptions; when it changes, the next publish is not skipped."""
    digest = hashlib.sha256()
    files = [path for path in sql_folder().rglob("*") if path.suffix in (".sql", ".yml")]
    for path in sorted(files, key=lambda path: path.parts[-2:]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]

"""The `sources.yml` of the package, from the descriptions that are the data dictionary too."""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from sighten_warehouse.dictionary.markdown import SCHEMAS
from sighten_warehouse.dictionary.relations import Relation, holding_relations
from sighten_warehouse.models import DUCKDB_TYPES, Column, Model, models
from sighten_warehouse.publish.masks import SCHEMA as MASKED
from sighten_warehouse.publish.masks import masked_models

DATABASE = "warehouse"  # the alias that dbt-duckdb gives the attached file by itself
FRESHNESS_HOURS = 72  # longer than a weekend
TIMED = {"main.milestones": "received_at", "ops.deliveries": "received_at"}  # tables that say how fresh the data is
_YAML = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml takes a tenth of the time
_MASKED_TITLE = "The tables that hold personal data, with it masked"


def source_name(schema: str) -> str:
    """The name of the source with the tables of that schema."""
    return "sighten" if schema == "main" else f"sighten_{schema}"


def render_sources() -> str:
    """The file as YAML."""
    relations = [relation for schema in ("main", "marts") for relation in holding_relations(schema)]
    sources = [_source(schema, title, _published(schema), relations) for schema, (_, title) in SCHEMAS.items()]
    sources.append(_source(MASKED, f"{_MASKED_TITLE}.", (view for view, _ in masked_models()), []))
    return as_yaml({"sources": sources})


def as_yaml(content: dict[str, Any]) -> str:
    """The content as YAML, in its order."""
    dumped: str = yaml.dump(content, Dumper=_YAML, sort_keys=False, allow_unicode=True, width=120)
    return dumped


def _published(schema: str) -> Iterator[Model]:
    return (model for model in models().values() if model.schema == schema)


def _source(schema: str, description: str, tables: Iterable[Model], relations: list[Relation]) -> dict[str, Any]:
    return {
        "name": source_name(schema),
        "description": literal(description),
        "database": f"{{{{ var('sighten_database', '{DATABASE}') }}}}",
        "schema": schema,
        "tables": [_table(model, relations) for model in tables],
    }


def _table(model: Model, relations: list[Relation]) -> dict[str, Any]:
    table: dict[str, Any] = {"name": model.name, "description": literal(model.description)}
    if field := TIMED.get(model.full_name):
        hours = f"{{{{ var('sighten_freshness_hours', {FRESHNESS_HOURS}) }}}}"
        table["config"] = {
            "loaded_at_field": field,
            "freshness": {"warn_after": {"count": hours, "period": "hour"}},
        }
    key = list(model.grain) if model.is_updated else []
    if len(key) > 1:
        table["data_tests"] = [{"unique_together": {"arguments": {"columns": key}}}]
    found = {relation.column: relation for relation in relations if relation.child is model}
    table["columns"] = [
        _column(column, is_key=key == [column.name], relation=found.get(column.name)) for column in model.columns
    ]
    return table


def _column(column: Column, *, is_key: bool, relation: Relation | None) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "description": literal(column.description),
        "data_type": DUCKDB_TYPES[column.type],
    }
    if column.pii:
        described["config"] = {"meta": {"personal": column.pii}}
    tests: list[Any] = ["unique", "not_null"] if is_key else []
    if relation:
        parent = f"source('{source_name(relation.parent.schema)}', '{relation.parent.name}')"
        tests.append({"relationships": {"arguments": {"to": parent, "field": relation.parent_key}}})
    return described | ({"data_tests": tests} if tests else {})


def literal(text: str) -> str:
    """The text, which dbt would otherwise render as a template."""
    return f"{{% raw %}}{text}{{% endraw %}}" if "{" in text else text

"""The files of the package."""

import re

from sighten_warehouse.dbt.sources import as_yaml, literal, render_sources, source_name
from sighten_warehouse.dictionary.cookbook import Recipe, recipes
from sighten_warehouse.models import as_of_macros, models
from sighten_warehouse.version import __version__

NAME = "sighten_warehouse"
_PROJECT = {
    "name": NAME,
    "version": __version__,
    "require-dbt-version": [">=1.11.0", "<3.0.0"],
    "model-paths": ["models"],
    "test-paths": ["tests"],
    "analysis-paths": ["analyses"],
}
_UNIQUE_TOGETHER = """\
{% test unique_together(model, columns) %}
-- The columns together identify a row.
select {{ columns | join(", ") }}
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1
{% endtest %}
"""
_README = f"""\
# {NAME}

The tables of Sighten Warehouse as dbt sources, with descriptions, tests and freshness; its cookbook as analyses.
`sighten-warehouse export dbt` has written this folder, and replaces its files when it is run again.
"""
_TABLE = re.compile(r"\bfrom (?:(?P<schema>\w+)\.)?(?P<table>\w+)\b(?!\()")


def package_files() -> dict[str, str]:
    """Every file of the package: path → text."""
    # The macros of the published file do not work from another database, which a dbt project is.
    asked = [recipe for recipe in recipes() if not any(f"{name}(" in recipe.sql for name in as_of_macros())]
    described = [{"name": recipe.name, "description": literal(recipe.question)} for recipe in asked]
    return {
        "README.md": _README,
        "dbt_project.yml": as_yaml(_PROJECT),
        "models/sources.yml": render_sources(),
        "tests/generic/unique_together.sql": _UNIQUE_TOGETHER,
        "analyses/cookbook.yml": as_yaml({"analyses": described}),
        **{f"analyses/{recipe.name}.sql": _as_analysis(recipe) for recipe in asked},
    }


def _as_analysis(recipe: Recipe) -> str:
    """The recipe, with dbt's sources in place of the tables."""

    def source(table: re.Match[str]) -> str:
        schema = table["schema"] or "main"
        known = f"{schema}.{table['table']}" in models()
        return f"from {{{{ source('{source_name(schema)}', '{table['table']}') }}}}" if known else table[0]

    return f"-- {recipe.question}\n{_TABLE.sub(source, recipe.sql)}\n"

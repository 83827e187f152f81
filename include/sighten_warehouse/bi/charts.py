"""The charts that all dashboards show, and the SQL of each."""

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import yaml

from sighten_warehouse.guards.masking import is_masked
from sighten_warehouse.models import Model, models

Kind = Literal["figure", "line", "bars", "stacked", "across", "table"]


class Chart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One chart; charts.yml says what the fields mean."""

    id: str
    section: str
    title: str
    about: str
    kind: Kind
    table: str
    values: dict[str, str] = {}
    columns: dict[str, str] = {}
    where: str | None = None
    by: str | None = None
    by_title: str | None = None
    order: tuple[str, ...] = ()
    limit: int | None = None

    @property
    def model(self) -> Model:
        """The table that it reads."""
        return models()[self.table]

    @property
    def rows(self) -> dict[str, str]:
        """What tells its rows apart: title → expression."""
        if self.by is None:
            return self.columns
        return {self.by_title or self.by: self.by}

    @property
    def ordered(self) -> list[tuple[str, bool]]:
        """The expressions that it is ordered by, each with whether the smallest comes first."""
        largest_first = [f"{next(iter(self.values.values()))} desc"] if self.kind == "across" else []
        # A tie would leave it to the engine which rows a limit keeps.
        parts = [*(self.order or largest_first), *([self.by] if self.by else [])]
        return [(part.removesuffix(" desc"), not part.endswith(" desc")) for part in parts]

    @property
    def sql(self) -> str:
        """The query in DuckDB's SQL, on the views without personal data where the table has some."""
        selected = [f'{expression} as "{title}"' for title, expression in (self.rows | self.values).items()]
        columns = ",\n    ".join(selected)
        lines = [f"select\n    {columns}", f"from {source(self.model)}"]
        if self.where:
            lines.append(f"where {self.where}")
        if self.rows and self.values:
            lines.append(f"group by {', '.join(self.rows.values())}")
        if self.ordered:
            keys = [f"{one} {'asc' if rises else 'desc'} nulls last" for one, rises in self.ordered]
            lines.append(f"order by {', '.join(keys)}")
        if self.limit:
            lines.append(f"limit {self.limit}")
        return "\n".join(lines)


def source(model: Model) -> str:
    """The table, or the view on it in which personal data is masked."""
    return f"masked.{model.name}" if is_masked(model) else model.full_name


@cache
def charts() -> tuple[Chart, ...]:
    """All charts, in their order."""
    text = files("sighten_warehouse.bi").joinpath("charts.yml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), tuple[Chart, ...])


def sections() -> dict[str, list[Chart]]:
    """The charts by section, in their order."""
    found: dict[str, list[Chart]] = {}
    for chart in charts():
        found.setdefault(chart.section, []).append(chart)
    return found

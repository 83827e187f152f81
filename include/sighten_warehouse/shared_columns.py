"""Column lists that models share: written once, in the description of the history table, and expanded in SQL.

`sql/history/milestones.yml` lists the columns below the key `each_milestone_column`. A model that is
`like: history.milestones` includes the list by that key. A line of SQL with this placeholder is repeated for every
column of the list, in order, with the column's name in its place:

    milestones.each_milestone_column as each_milestone_column,

A column with `carried: true` is missing in some kinds of snapshot; its last value is carried forward. The placeholder
`each_carried_milestone_column` stands for those columns, `each_replaced_milestone_column` for the others. Comments are
not expanded. A line may repeat one placeholder, but not use two.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sighten_warehouse.errors import ModelError

Facts = dict[str, Any]
_LIST = re.compile(r"each_(?P<entity>\w+)_column")
_PLACEHOLDER = re.compile(rf"\b{_LIST.pattern}\b")


def lists_of(columns: Mapping[str, Any]) -> dict[str, dict[str, Facts]]:
    """The lists in a description: `each_…_column` → column → facts."""
    return {key: listed for key, listed in columns.items() if _LIST.fullmatch(key) and isinstance(listed, dict)}


def flat(columns: Mapping[str, Any], lists: Mapping[str, dict[str, Facts]], *, path: Path) -> dict[str, Any]:
    """The columns in order, with lists expanded; `after` moves a column behind another one.

    Raises:
        ModelError: a list or a column does not exist.
    """
    found: dict[str, Any] = {}
    for name, facts in columns.items():
        if not _LIST.fullmatch(name):
            if facts and "carried" in facts:
                raise ModelError(f"{path}: column {name}: carried; expected only for columns of a list")
            found[name] = facts
        elif name in lists:
            found |= lists[name]
        else:
            raise ModelError(f"{path}: {name}: no columns; expected them here, or `like:` a model that lists them")
    for name in [name for name, facts in found.items() if facts and "after" in facts]:
        found = _moved(found, name, path)
    return found


def _moved(columns: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    facts = columns.pop(name)
    if facts["after"] not in columns:
        raise ModelError(f"{path}: column {name}: after {facts['after']}; expected a column of this model")
    before = list(columns).index(facts["after"]) + 1
    items = list(columns.items())
    return dict([*items[:before], (name, facts), *items[before:]])


def placeholders(lists: Mapping[str, dict[str, Facts]]) -> dict[str, tuple[str, ...]]:
    """Placeholder → column names, for each list and for its carried and replaced columns."""
    found = {}
    for placeholder, columns in lists.items():
        carried = tuple(name for name, facts in columns.items() if facts.get("carried"))
        found[placeholder] = tuple(columns)
        if carried:
            found[placeholder.replace("each_", "each_carried_", 1)] = carried
            found[placeholder.replace("each_", "each_replaced_", 1)] = tuple(
                name for name in columns if name not in carried
            )
    return found


def expand(sql: str, known: Mapping[str, tuple[str, ...]], *, path: Path) -> str:
    """Repeat each line that has a placeholder for every column of its list.

    Raises:
        ModelError: a placeholder has no list, or a line has two placeholders.
    """
    lines = []
    for number, line in enumerate(sql.splitlines(keepends=True), 1):
        may_have = "each_" in line and not line.lstrip().startswith("--")
        present = sorted({match[0] for match in _PLACEHOLDER.finditer(line)}) if may_have else []
        if unknown := [name for name in present if name not in known]:
            raise ModelError(f"{path}, line {number}: {unknown[0]}: expected one of {', '.join(sorted(known))}")
        if len(present) > 1:
            raise ModelError(f"{path}, line {number}: {' and '.join(present)}: expected one list per line")
        lines += [_PLACEHOLDER.sub(name, line) for name in known[present[0]]] if present else [line]
    return "".join(lines)

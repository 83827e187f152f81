"""Columns that several models share: listed once, in the description of their history table, and expanded from there.

`sql/history/milestones.yml` lists them below the key `each_milestone_column`. The description of another model that is
`like: history.milestones` takes the whole list over by that key alone, and SQL repeats a line that holds the word for
every column, in the order of the list, with the column's name in place of the word:

    milestones.each_milestone_column as each_milestone_column,

A column with `carried: true` is one that not every kind of snapshot has; its last value is carried forward. Those
columns alone are `each_carried_milestone_column`, the others `each_replaced_milestone_column`. There is no other rule:
a comment is left as it is, and a line can hold one such word, any number of times.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sighten_warehouse.errors import ModelError

Facts = dict[str, Any]
_LIST = re.compile(r"each_(?P<entity>\w+)_column")
_WORD = re.compile(rf"\b{_LIST.pattern}\b")


def lists_of(columns: Mapping[str, Any]) -> dict[str, dict[str, Facts]]:
    """The lists that a description holds: `each_…_column` → column → its facts."""
    return {key: listed for key, listed in columns.items() if _LIST.fullmatch(key) and isinstance(listed, dict)}


def flat(columns: Mapping[str, Any], lists: Mapping[str, dict[str, Facts]], *, path: Path) -> dict[str, Any]:
    """The described columns in order, those of a list in its place; one with `after` stands after that column.

    Raises:
        ModelError: it names a list or a column that there is not.
    """
    found: dict[str, Any] = {}
    for name, facts in columns.items():
        if not _LIST.fullmatch(name):
            if facts and "carried" in facts:
                raise ModelError(f"{path}: column {name}: carried, expected that of columns in a list only")
            found[name] = facts
        elif name in lists:
            found |= lists[name]
        else:
            raise ModelError(f"{path}: {name} lists no columns; expected them, or `like:` a model that has the list")
    for name in [name for name, facts in found.items() if facts and "after" in facts]:
        found = _moved(found, name, path)
    return found


def _moved(columns: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    facts = columns.pop(name)
    if facts["after"] not in columns:
        raise ModelError(f"{path}: column {name}: after {facts['after']}, expected a column of the same model")
    before = list(columns).index(facts["after"]) + 1
    items = list(columns.items())
    return dict([*items[:before], (name, facts), *items[before:]])


def words(lists: Mapping[str, dict[str, Facts]]) -> dict[str, tuple[str, ...]]:
    """What `expand` knows: each list's word, and those of its carried and of its other columns → their names."""
    found = {}
    for word, columns in lists.items():
        carried = tuple(name for name, facts in columns.items() if facts.get("carried"))
        found[word] = tuple(columns)
        if carried:
            found[word.replace("each_", "each_carried_", 1)] = carried
            found[word.replace("each_", "each_replaced_", 1)] = tuple(name for name in columns if name not in carried)
    return found


def expand(sql: str, known: Mapping[str, tuple[str, ...]], *, path: Path) -> str:
    """The SQL with each line that holds a word repeated for every column of the word's list.

    Raises:
        ModelError: a word names no list, or a line holds two of them.
    """
    lines = []
    for number, line in enumerate(sql.splitlines(keepends=True), 1):
        held = sorted({match[0] for match in _WORD.finditer(line)}) if not line.lstrip().startswith("--") else []
        if unknown := [word for word in held if word not in known]:
            raise ModelError(f"{path}, line {number}: {unknown[0]}: expected one of {', '.join(sorted(known))}")
        if len(held) > 1:
            raise ModelError(f"{path}, line {number}: {' and '.join(held)}: expected one list in a line")
        lines += [_WORD.sub(name, line) for name in known[held[0]]] if held else [line]
    return "".join(lines)

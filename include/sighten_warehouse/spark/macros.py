"""The macros of `sql/macros/spark.sql`, expanded in the text of a query: Spark's SQL functions hold no aggregate."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from sighten_warehouse.errors import ModelError
from sighten_warehouse.models import macros

Parts = list[str]  # words, texts in quotes, blanks and signs, in their order
_PART = re.compile(r"""--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|\s+|\w+|:=|.""", re.DOTALL)
_BEGINNING = ["create", "or", "replace", "temp", "macro"]
OPENING, CLOSING = ("(", "["), (")", "]")


@dataclass(frozen=True)
class Macro:
    """A macro: its parameters with their defaults, and what a call stands for."""

    parameters: Mapping[str, Parts | None]
    body: Parts


def parts_of(sql: str) -> Parts:
    """The parts of the text, without comments."""
    return [part for part in _PART.findall(sql) if not part.startswith("--")]


@cache
def spark_macros() -> dict[str, Macro]:
    """The macros by name.

    Raises:
        ModelError: the file holds another statement.
    """
    return dict(map(_read, _statements(parts_of(macros("spark")))))


def _statements(parts: Parts) -> Iterator[Parts]:
    statement: Parts = []
    for part in parts:
        if part == ";":
            yield statement
            statement = []
        else:
            statement.append(part)


def _read(statement: Parts) -> tuple[str, Macro]:
    words = [part for part in statement if not part.isspace()]
    if words[: len(_BEGINNING)] != _BEGINNING:
        raise ModelError(f"sql/macros/spark.sql: expected `{' '.join(_BEGINNING)} …`, got {' '.join(words[:5])}")
    parameters, end = arguments_of(statement, statement.index("("))
    body = statement[statement.index("as", end) + 1 :]
    return words[len(_BEGINNING)], Macro(dict(map(_parameter, parameters)), _stripped(body))


def _parameter(parts: Parts) -> tuple[str, Parts | None]:
    return parts[0], _stripped(parts[parts.index(":=") + 1 :]) if ":=" in parts else None


def _stripped(parts: Parts) -> Parts:
    return parts_of("".join(parts).strip())


def expand(parts: Parts, known: Mapping[str, Macro]) -> Parts:
    """The parts with the body of a macro in place of each call.

    Raises:
        ModelError: a call has the wrong number of arguments, or no end.
    """
    expanded: Parts = []
    position = 0
    while position < len(parts):
        name = parts[position]
        if name in known and parts[position + 1 : position + 2] == ["("] and expanded[-1:] != ["."]:
            arguments, position = arguments_of(parts, position + 1)
            expanded += _body(name, [expand(argument, known) for argument in arguments], known)
        else:
            expanded.append(name)
            position += 1
    return expanded


def _body(name: str, arguments: list[Parts], known: Mapping[str, Macro]) -> Parts:
    macro = known[name]
    given = arguments + list(macro.parameters.values())[len(arguments) :]
    if len(given) != len(macro.parameters) or None in given:
        raise ModelError(f"{name}: {len(arguments)} arguments, expected {', '.join(macro.parameters)}")
    values = dict(zip(macro.parameters, given, strict=True))
    # In its own body, the name is that of Spark's function.
    body = expand(macro.body, {other: macro for other, macro in known.items() if other != name})
    found: Parts = []
    for before, part in zip(["", *body], body, strict=False):
        found += values.get(part) or [part] if before != "." else [part]
    return found


def arguments_of(parts: Parts, opened: int) -> tuple[list[Parts], int]:
    """The arguments of a call whose parenthesis is at `opened`, and the position behind the call.

    Raises:
        ModelError: it has no end.
    """
    arguments: list[Parts] = [[]]
    depth = 0
    for position in range(opened + 1, len(parts)):
        part = parts[position]
        if depth == 0 and part in CLOSING:
            stripped = [_stripped(argument) for argument in arguments]
            return ([] if stripped == [[]] else stripped), position + 1
        depth += (part in OPENING) - (part in CLOSING)
        if depth == 0 and part == ",":
            arguments.append([])
        else:
            arguments[-1].append(part)
    raise ModelError(f"expected a closing parenthesis: {''.join(parts[opened : opened + 20])}")

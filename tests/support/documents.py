"""Reads links, code blocks and commands from the documents, for tests that compare them with the code."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from support.repository import markdown, text

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_RECORDS = {"CHANGELOG.md"}  # may name things that no longer exist
_SEPARATORS = frozenset(";|&<>()")
_PROGRAMS = ("sighten-warehouse", "make")


def prose(path: Path) -> str:
    """The document without its code blocks."""
    return _FENCE.sub("", text(path))


def without_spans(prose_or_row: str) -> str:
    """The text without code spans."""
    return _SPAN.sub("", prose_or_row)


def code_blocks(path: Path, language: str) -> list[str]:
    """The code blocks in that language."""
    return [match["code"] for match in _FENCE.finditer(text(path)) if match["language"] == language]


def commands_with_output(path: Path) -> list[tuple[str, str]]:
    """Each block of commands, with the block of output that follows it before the next one, if any."""
    found: list[tuple[str, str]] = []
    for match in _FENCE.finditer(text(path)):
        if match["language"] == "sh":
            found.append((match["code"], ""))
        elif not match["language"] and found:
            found[-1] = (found[-1][0], match["code"])
    return found


def links(path: Path) -> list[tuple[str, str]]:
    """The links within the repository: path as written, and anchor."""
    targets = [target for target in _LINK.findall(prose(path)) if "://" not in target]
    return [(target.partition("#")[0], target.partition("#")[2]) for target in targets]


def anchors(path: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def exported(path: Path, variable: str) -> str:
    """The value that a shell script in the document gives that variable."""
    [value] = re.findall(rf"^export {variable}='([^']*)'$", "".join(code_blocks(path, "sh")), re.MULTILINE)
    return str(value)


def shown_commands(program: str) -> list[tuple[Path, list[str]]]:
    """Every command line of that program in the documents, as the words after the program's name."""
    shown = []
    for path in markdown():
        lines = [] if path.name in _RECORDS else _SPAN.findall(prose(path))
        lines += [line for code in code_blocks(path, "sh") for line in _lines(code)]
        shown += [(path, words[1:]) for line in lines for words in _our_commands(line) if words[0] == program]
    return shown


def _lines(code: str) -> Iterator[str]:
    """The lines of a shell script; a backslash or an open quotation joins lines."""
    line = ""
    for part in code.splitlines():
        line += part
        if line.endswith("\\") or not _is_closed(line):
            line += "\n"
        else:
            yield line
            line = ""


def _is_closed(line: str) -> bool:
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return False
    return True


def _our_commands(line: str) -> Iterator[list[str]]:
    if not _is_closed(line):  # prose in backticks, with a lone quote
        return
    command: list[str] = []
    for word in [*shlex.shlex(line, posix=True, punctuation_chars=True), ";"]:
        if word and set(word) <= _SEPARATORS:
            yield from _ours(command)
            command = []
        else:
            command.append(word)


def _ours(command: list[str]) -> Iterator[list[str]]:
    for number, word in enumerate(command):
        name = word.removeprefix(".venv/bin/")
        if name in _PROGRAMS:
            yield [name, *command[number + 1 :]]
            return

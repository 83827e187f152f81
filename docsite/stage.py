"""Copies README.md and all that its links lead to into one folder, from which the site is built.

Paths stay as they are in the repository, so that one link works there and on the site. A linked file that is no page
and no picture becomes a page that shows it, and a linked folder one that lists its files.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from docsite.links import is_external, is_well_formed, replace_links

FIRST = "README.md"
_AS_THEY_ARE = {".svg", ".png", ".html"}
_LANGUAGES = {
    ".py": "python",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".sql": "sql",
    ".json": "json",
    ".sh": "bash",
    ".example": "bash",
}
_SHOWN = "---\nsearch:\n  exclude: true\n---\n\n# {path}\n\n{content}\n"


class DocsError(Exception):
    """Something is wrong with the documents; a line for each place."""


def stage(root: Path, folder: Path) -> list[str]:
    """Copy the pages below `root` that `FIRST` leads to; returns those written in Markdown. Raises `DocsError`."""
    problems: list[str] = []
    pages: list[str] = []
    waiting = [FIRST]
    known = {FIRST}
    while waiting:
        path = waiting.pop(0)
        for found in _copy(root, path, folder, problems):
            if found not in known:
                known.add(found)
                waiting.append(found)
        if path.endswith(".md"):
            pages.append(path)
    if problems:
        raise DocsError("\n".join(problems))
    return pages


def staged(path: str) -> str:
    """Where a file is on the site: no name begins with a dot there, since servers hide such files."""
    place = PurePosixPath(*(part.lstrip(".") for part in path.split("/")))
    return f"{place}" if place.suffix in {".md", *_AS_THEY_ARE} else f"{place}.md"


def _copy(root: Path, path: str, folder: Path, problems: list[str]) -> Iterable[str]:
    """Copy one file; returns what it links to."""
    source, copy = root / path, folder / staged(path)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        copy.write_text(_SHOWN.format(path=path, content="\n".join(_list_of_files(source))))
        return [f"{path}/{file.name}" for file in source.iterdir() if file.is_file()]
    if source.suffix in _AS_THEY_ARE:
        shutil.copyfile(source, copy)
        return []
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".md":
        language = _LANGUAGES.get(source.suffix, "text")
        copy.write_text(_SHOWN.format(path=path, content=f"~~~~~~~~ {language}\n{text}\n~~~~~~~~"), encoding="utf-8")
        return []
    found: list[str] = []

    def replacement(target: str) -> str:
        if is_external(target):
            if not is_well_formed(target):
                problems.append(f"{path}: {target} is no address, expected https://host/…")
            return target
        name, hash_, anchor = target.partition("#")
        if not name:
            return target
        linked = os.path.normpath(PurePosixPath(path).parent / name)
        if linked.startswith("..") or not (root / linked).exists():
            problems.append(f"{path}: {target} does not exist")
            return target
        found.append(linked)
        return os.path.relpath(staged(linked), PurePosixPath(staged(path)).parent) + hash_ + anchor

    copy.write_text(replace_links(text, replacement), encoding="utf-8")
    return found


def _list_of_files(source: Path) -> Iterator[str]:
    for file in sorted(source.iterdir()):
        yield f"- [{file.name}]({source.name}/{staged(file.name)})" if file.is_file() else f"- {file.name}/"

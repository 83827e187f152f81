"""Checks the pages as they were built: links lead somewhere, and nothing is loaded from another host."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from docsite.links import is_external
from docsite.stage import staged

HOME = "index.html"
_LOADED_BY_CSS = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_LINKS = {"a", "area"}


@dataclass
class _Page(HTMLParser):
    """What a page links to and loads, which anchors it has, and what its navigation lists."""

    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    navigation: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._navs = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        self._navs += tag == "nav"
        if tag in _LINKS and "href" in values:
            (self.navigation if self._navs else self.links).append(values["href"])
        elif tag == "link" and values.get("rel") not in {"canonical", "prev", "next"}:
            self.loaded.append(values.get("href", ""))
        self.loaded += [values[name] for name in ("src", "srcset", "poster", "data") if name in values]

    def handle_endtag(self, tag: str) -> None:
        self._navs -= tag == "nav"


def problems_of(site: Path, pages: Iterable[str]) -> list[str]:
    """Dead links, pages in no navigation, and whatever is loaded from another host: a line for each."""
    built = {path.relative_to(site).as_posix(): _read(path) for path in sorted(site.rglob("*.html"))}
    return [
        *_dead_links(site, built),
        *_outside_the_navigation(built[HOME], pages),
        *(f"{path}: loads {what} from another host" for path, what in _loaded(site, built) if is_external(what)),
    ]


def built_name(page: str) -> str:
    """Which file of the site a page of the repository becomes."""
    place = PurePosixPath(staged(page))
    return f"{place.with_name('index') if place.stem == 'README' else place.with_suffix('')}.html"


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _dead_links(site: Path, built: dict[str, _Page]) -> Iterator[str]:
    for path, page in built.items():
        for link in dict.fromkeys([*page.links, *(page.navigation if path == HOME else [])]):
            if is_external(link):
                continue
            name, _, anchor = unquote(link).partition("#")
            target = os.path.normpath(PurePosixPath(path).parent / name) if name else path
            target = f"{target}/{HOME}" if (site / target).is_dir() else target
            if not (site / target).exists():
                yield f"{path}: {link} does not exist"
            elif anchor and target in built and anchor not in built[target].anchors:
                yield f"{path}: {link}: there is no such heading"


def _outside_the_navigation(home: _Page, pages: Iterable[str]) -> Iterator[str]:
    listed = {os.path.normpath(link) for link in home.navigation}
    for page in pages:
        if built_name(page) not in listed:
            yield f"{page}: in no navigation, expected a line in docsite/nav.yml"


def _loaded(site: Path, built: dict[str, _Page]) -> Iterator[tuple[str, str]]:
    for path, page in built.items():
        yield from ((path, what) for what in page.loaded if not what.startswith("data:"))
    for sheet in site.rglob("*.css"):
        for found in _LOADED_BY_CSS.finditer(sheet.read_text(encoding="utf-8")):
            yield sheet.relative_to(site).as_posix(), found[1] or found[2]

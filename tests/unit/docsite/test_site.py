"""The documentation site: what is staged, what a build is refused for, and that the documents are ready for it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from docsite.built import built_name, problems_of
from docsite.links import is_well_formed
from docsite.stage import DocsError, stage
from support.repository import ROOT, markdown, text

NAV = '<nav><a href="index.html">Home</a><a href="docs/page.html">Page</a></nav>'


def repository(folder: Path, **pages: str) -> Path:
    """A repository with a picture, a file of code and a folder of SQL, whose pages say what is given."""
    for name, content in {
        "README.md": pages.get("readme", ""),
        "docs/page.md": pages.get("page", ""),
        "docs/picture.svg": "<svg/>",
        "include/code.py": 'TEXT = "[no link](nowhere.md)"\n~~~~\n',
        "sql/checks/one.sql": "select 1",
        "sql/checks/.hidden": "*",
        ".env.example": "A=1",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def site(folder: Path, **files: str) -> Path:
    """A built site of two pages: what is given, in each."""
    for name, content in {"index.html": files.get("index", ""), "docs/page.html": files.get("page", "")}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{NAV}<h2 id="here">Here</h2>{content}')
    (folder / "site.css").write_text(files.get("css", ""))
    return folder


def test_what_the_readme_leads_to_is_staged_under_its_own_path_and_files_become_pages(tmp_path: Path) -> None:
    links = "[page](docs/page.md#here) [code](include/code.py) [settings](.env.example) [checks](sql/checks)"
    code = " `[span](nowhere.md)`\n\n```\n[block](nowhere.md)\n```\n"
    root = repository(tmp_path / "root", readme=links + code, page="![](picture.svg)")

    pages = stage(root, tmp_path / "staged")

    staged = {path.relative_to(tmp_path / "staged").as_posix() for path in (tmp_path / "staged").rglob("*.*")}
    assert ["README.md", "docs/page.md"] == pages
    assert {
        *("README.md", "docs/page.md", "docs/picture.svg", "include/code.py.md"),
        *("env.example.md", "sql/checks.md", "sql/checks/one.sql.md", "sql/checks/hidden.md"),
    } == staged
    shown = (tmp_path / "staged/include/code.py.md").read_text()
    assert "exclude: true" in shown
    assert (root / "include/code.py").read_text() in shown
    readme = (tmp_path / "staged/README.md").read_text()
    links = "[page](docs/page.md#here) [code](include/code.py.md) [settings](env.example.md) [checks](sql/checks.md)"
    assert links + code == readme
    listed = (tmp_path / "staged/sql/checks.md").read_text()
    assert "- [.hidden](checks/hidden.md)\n- [one.sql](checks/one.sql.md)" in listed


def test_a_link_to_nothing_out_of_the_repository_or_to_no_address_is_named_with_its_page(tmp_path: Path) -> None:
    root = repository(tmp_path / "root", readme="[page](docs/page.md)", page="[a](gone.md) [b](../../c) [d](https://e)")

    with pytest.raises(DocsError) as caught:
        stage(root, tmp_path / "staged")

    assert [
        "docs/page.md: gone.md does not exist",
        "docs/page.md: ../../c does not exist",
        "docs/page.md: https://e is no address, expected https://host/…",
    ] == str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("address", "well_formed"),
    [
        ("https://docs.example.org/a?b=c#d", True),
        ("http://localhost:8080", True),
        ("https://example.org:port/", False),
        ("https:///path", False),
        ("htps://example.org", False),
        ("https://exa mple.org", False),
        ("//example.org", False),
        ("https://[::1", False),
    ],
)
def test_an_address_has_a_scheme_of_the_web_a_host_and_no_odd_port(address: str, *, well_formed: bool) -> None:
    assert well_formed == is_well_formed(address)


def test_a_site_whose_links_lead_somewhere_and_that_loads_only_its_own_is_accepted(tmp_path: Path) -> None:
    index = '<a href="docs/page.html#here">1</a><a href="#here">2</a><a href="https://e.org">3</a><img src="site.css">'
    css = "a { background: url(data:image/svg+xml,) } b { background: url('docs/page.html') }"

    assert [] == problems_of(site(tmp_path, index=index, css=css), ["README.md", "docs/page.md"])


def test_dead_links_pages_in_no_navigation_and_foreign_content_are_all_named(tmp_path: Path) -> None:
    index = '<a href="gone.html">1</a><a href="docs/page.html#gone">2</a><script src="https://e.org/a.js"></script>'
    page = '<link rel="stylesheet" href="//fonts.example.org/b.css"><iframe src="http://example.org/"></iframe>'
    css = "@import 'https://example.org/c.css'; a { background: url(https://example.org/d.png) }"

    problems = problems_of(
        site(tmp_path, index=index, page=page, css=css), ["README.md", "docs/page.md", "docs/new.md"]
    )

    assert [
        "index.html: gone.html does not exist",
        "index.html: docs/page.html#gone: there is no such heading",
        "docs/new.md: in no navigation, expected a line in docsite/nav.yml",
        "docs/page.html: loads //fonts.example.org/b.css from another host",
        "docs/page.html: loads http://example.org/ from another host",
        "index.html: loads https://e.org/a.js from another host",
        "site.css: loads https://example.org/c.css from another host",
        "site.css: loads https://example.org/d.png from another host",
    ] == problems


def entries(nav: Any) -> Iterator[str]:
    """The pages that a navigation names."""
    if isinstance(nav, str):
        yield nav
    for child in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from entries(child)


def test_every_document_can_be_staged_and_has_its_place_in_the_navigation(tmp_path: Path) -> None:
    listed = list(entries(yaml.safe_load(text("docsite/nav.yml"))))

    pages = stage(ROOT, tmp_path)

    assert {str(path) for path in markdown() if path.parts[0] == "docs"} <= set(pages)
    assert [] == [page for page in pages if not any(fnmatch(page, pattern) for pattern in listed)]
    assert [] == [pattern for pattern in listed if "*" not in pattern and not (tmp_path / pattern).exists()]
    assert "docs/decisions/index.html" == built_name("docs/decisions/README.md")


def test_the_measurements_of_the_comparison_are_those_of_the_performance_page() -> None:
    rows = re.findall(r"(?m)^\|[^ ].*$", text("docs/compared.md"))

    measured = [row for row in rows if not row.startswith(("|what", "|---"))]

    assert 8 < len(measured)
    assert [] == [row for row in measured if row not in text("docs/performance.md").splitlines()]

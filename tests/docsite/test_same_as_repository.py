"""The site shows each page as the repository's host does: CommonMark with tables; skipped where it was not built."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docsite.built import built_name
from docsite.stage import stage
from support.repository import ROOT, text

SITE = ROOT / "site"
COUNTED = {"h1", "h2", "h3", "h4", "li", "ol", "ul", "tr", "th", "td", "code", "strong", "em", "img", "blockquote"}
# A link to itself behind each heading, and one to the notebook's page.
ADDED = re.compile(r'<a class="headerlink".*?</a>|<p><a href="../notebook/index.html">.*?</p>', re.DOTALL)


class Shown(HTMLParser):
    """How many of each element a page has, and its text without white space."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.text = ""
        self.feed(page)
        self.text = re.sub(r"\s", "", self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (given by name)
        self.elements.update({tag} & COUNTED)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.skipif(not SITE.exists(), reason="site/ was not built: make docs-site")
def test_each_page_has_the_text_lists_and_tables_that_the_repository_shows(tmp_path: Path) -> None:
    reader = MarkdownIt("commonmark").enable("table")
    different = []

    for page in stage(ROOT, tmp_path):
        [article] = re.findall(r"<article[^>]*>(.*?)</article>", (SITE / built_name(page)).read_text(), re.DOTALL)
        ours, theirs = Shown(ADDED.sub("", article)), Shown(reader.render(text(page)))
        if ours.text != theirs.text or ours.elements != theirs.elements:
            different.append((page, (ours.elements - theirs.elements) + (theirs.elements - ours.elements)))

    assert [] == different

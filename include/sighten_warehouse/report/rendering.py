"""Renders the page as one self-contained HTML file with style, scripts, chart library and data."""

import base64
import hashlib
import html
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from sighten_warehouse.report.dataset import Dataset

ECHARTS = "vendor/echarts-6.1.0/echarts.common.min.js"
STYLES = ("page", "cards", "milestone", "narrow", "print")
SCRIPTS = (
    "format",
    "statistics",
    "cells",
    "elements",
    "csv",
    "charts",
    "cohorts",
    "approvals",
    "rejections",
    "waiting",
    "deliveries",
    "findings",
    "panels",
    "filters",
    "address",
    "milestones",
    "timeline",
    "printing",
    "main",
)


def render(datasets: Sequence[Dataset], *, shown: str, live: bool) -> bytes:
    """The page with the data of those environments, `shown` first.

    A live page fetches lists and timelines of milestones from its server, so they are left out.
    """
    kept = [
        {name: value for name, value in dataset.items() if not (live and name in ("found", "timelines"))}
        for dataset in datasets
    ]
    data = msgspec.json.encode({"shown": shown, "live": live, "environments": kept})
    before, after = _page(live=live)
    return before + as_html(data) + after


def as_html(json: bytes) -> bytes:
    """The same JSON with `<`, `>` and `&` escaped, so that no text in it can end its HTML element."""
    return json.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def policy(*, live: bool) -> str:
    """The page's Content-Security-Policy: its own scripts and style by digest, nothing external."""
    scripts = " ".join(_digest(text) for text in (_text(ECHARTS), _script()))
    connect = "'self'" if live else "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {_digest(_style())}; img-src data:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def page_without_data(reason: str) -> bytes:
    """A page in the same style with the reason why there is no report."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Milestones report · Sighten Warehouse</title><style>{_style()}</style>"
        '<header class="top"><div class="bounds top-row"><div><p class="brand">Sighten Warehouse</p>'
        "<h1>There is no report yet</h1></div></div></header>"
        f'<main class="bounds"><h2>Reason</h2><p>{html.escape(reason)}</p></main></html>'
    )
    return page.encode()


@cache
def _page(*, live: bool) -> tuple[bytes, bytes]:
    """The page before and after the data."""
    page = _text("page/page.html")
    parts = {
        "policy": policy(live=live),
        "style": _style(),
        "library": _text(ECHARTS),
        "script": _script(),
    }
    before, after = page.replace("{{policy}}", parts["policy"]).split("{{data}}")
    for name in ("style", "library", "script"):
        before, after = before.replace(f"{{{{{name}}}}}", parts[name]), after.replace(f"{{{{{name}}}}}", parts[name])
    return before.encode(), after.encode()


@cache
def _style() -> str:
    return "\n".join(_text(f"page/{name}.css") for name in STYLES)


@cache
def _script() -> str:
    # One function scope for all parts keeps their names out of the global scope.
    parts = "\n".join(_text(f"page/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


@cache
def _text(name: str) -> str:
    return files("sighten_warehouse.report").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

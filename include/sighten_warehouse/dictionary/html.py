"""The data dictionary as one HTML page that works offline: tables, columns, relations, and a search."""

import re
from collections.abc import Iterator
from html import escape

from sighten_warehouse.dictionary.markdown import AS_OF, NOTES, SCHEMAS, models_of
from sighten_warehouse.dictionary.relations import DRAWN, Relation, relations
from sighten_warehouse.models import Model, as_of_macros
from sighten_warehouse.version import __version__

_PAGE = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Data dictionary: Sighten Warehouse</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body><main>
{body}
</main><script>{script}</script></body></html>
"""
_SEARCH = """\
<div class="search"><label>Search tables and columns <input type="search"></label>
<output class="soft" aria-live="polite"></output></div>"""
_HEAD = "<thead><tr><th>column<th>type<th>personal<th>meaning</tr></thead>"
_RELATIONS_HEAD = "<thead><tr><th>column<th>refers to</tr></thead>"
_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1b1f24,#e6e8eb);--soft:light-dark(#57606a,#9aa4af);
--line:light-dark(#d0d7de,#3a424b);--page:light-dark(#fff,#14171a);--card:light-dark(#f6f8fa,#1d2125);
--accent:light-dark(#0b62c4,#6cb2ff)}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto;max-width:76rem;
padding:1rem}
a{color:var(--accent)}h1{margin:.2em 0}section{margin:2rem 0}article{margin:1.5rem 0;scroll-margin-top:5rem}
h3{font-family:ui-monospace,monospace;margin-bottom:.2em}code{font-family:ui-monospace,monospace}
.search{position:sticky;top:0;background:var(--page);padding:.6rem 0;border-bottom:1px solid var(--line)}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid var(--soft);border-radius:6px;
background:var(--card);color:inherit}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
td:last-child{min-width:16rem}.soft{color:var(--soft)}
summary{cursor:pointer}.relations{width:auto}.relations td:last-child{min-width:0}
@media(max-width:40rem){thead,td:empty{display:none}table,tbody,tr,td{display:block}tr{padding:.35rem 0;
border-bottom:1px solid var(--line)}tr[hidden]{display:none}td{border:0;padding:0}td:nth-child(2){color:var(--soft)}
td:nth-child(3)::before{content:'personal: ';color:var(--soft)}.relations td:last-child::before{content:'→ '}}
"""
_SCRIPT = """
const search=document.querySelector('input'),counter=document.querySelector('output');
search.addEventListener('input',()=>{const words=search.value.toLowerCase().split(/\\s+/).filter(Boolean);let found=0;
for(const table of document.querySelectorAll('article')){let any=false;
const about=table.dataset.about;for(const row of table.querySelectorAll('tbody tr')){
const text=about+' '+row.textContent.toLowerCase();const fits=words.every(word=>text.includes(word));
row.hidden=!fits;any=any||fits;found+=fits}table.hidden=!any}
counter.textContent=words.length?found+' columns':''});
"""


def render_page() -> str:
    """The whole page as HTML, self-contained."""
    body = [
        "<h1>Data dictionary</h1>",
        f'<p class="soft">Sighten Warehouse {escape(__version__)}</p>',
        "<ul>" + "".join(f"<li>{_prose(note)}</li>" for note in NOTES) + "</ul>",
        _SEARCH,
        f"<section><h2>{AS_OF}</h2><ul>{_macros()}</ul></section>",
        *(part for schema in SCHEMAS for part in _section(schema)),
    ]
    return _PAGE.format(style=_STYLE, body="\n".join(body), script=_SCRIPT)


def _macros() -> str:
    items = as_of_macros().items()
    return "".join(f"<li><code>from {name}(timestamp '2018-09-01')</code>: {escape(text)}</li>" for name, text in items)


def _prose(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _section(schema: str) -> Iterator[str]:
    title, sentence = SCHEMAS[schema]
    yield f'<section><h2 id="{schema}">{escape(title)} <span class="soft">{schema}</span></h2><p>{_prose(sentence)}</p>'
    if schema in DRAWN:
        yield from _relations(relations(schema))
    for model in models_of(schema):
        yield from _table(model)
    yield "</section>"


def _relations(found: list[Relation]) -> Iterator[str]:
    yield f"<details open><summary>Relations ({len(found)})</summary>"
    yield f'<div class="wide" tabindex="0"><table class="relations">{_RELATIONS_HEAD}<tbody>'
    for relation in found:
        yield f"<tr><td>{_column(relation.child, relation.column)}<td>{_column(relation.parent, relation.parent_key)}"
    yield "</tbody></table></div></details>"


def _column(model: Model, column: str) -> str:
    return f'<a href="#{model.full_name}"><code>{model.name}.{column}</code></a>'


def _table(model: Model) -> Iterator[str]:
    about = escape(f"{model.full_name} {model.description}".lower())
    yield f'<article id="{model.full_name}" data-about="{about}"><h3>{model.full_name}</h3>'
    yield f"<p>{escape(model.description)}</p>"
    if model.grain:
        yield f'<p class="soft">Grain: <code>{", ".join(model.grain)}</code></p>'
    yield f'<div class="wide" tabindex="0"><table>{_HEAD}<tbody>'
    for column in model.columns:
        cells = (f"<code>{column.name}</code>", column.type, column.pii or "", escape(column.description))
        yield "<tr>" + "".join(f"<td>{cell}" for cell in cells) + "</tr>"
    yield "</tbody></table></div></article>"

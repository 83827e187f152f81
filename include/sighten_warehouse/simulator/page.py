"""The simulated Sighten's only page: what it serves, and the last requests."""

from html import escape

from sighten_warehouse.simulator.index import Index
from sighten_warehouse.simulator.journal import Answered, Journal

_SERVED = (
    (
        "/api/v1/site · project · ops_workflow · milestone · task · sub_task",
        "lists, 25 a page, filtered by the id above",
    ),
    ("/api/v1/document/{uuid}/download/ · preview/", "a PDF for every uploaded document"),
    ("/api/v1/sub_task/{uuid}/download/", "the newest upload of a sub_task"),
    ("/api/data/{workflow|quote|system|site}/?metrics=…&quote_id=…", "the DAL, by filter"),
    ("/api/data/quote/{uuid}/?metrics=…", "the DAL, by quote"),
    ("/healthz", "200 while it runs; needs no token"),
)
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.bad { font-weight: 700; } .empty { background: var(--soft); padding: .6rem .8rem; }
"""


def render(index: Index, journal: Journal) -> str:
    """The page as HTML; everything that came with a request is escaped."""
    served = "".join(f"<tr><td><code>{escape(path)}</code></td><td>{escape(what)}</td></tr>" for path, what in _SERVED)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated Sighten</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Simulated Sighten</h1>
<p>{len(index.lives)} milestones on {len(index.sites)} sites, {len(index.documents)} documents, seed {index.seed}.
Everything below <code>/api/</code> needs the header <code>Authorization: Token …</code>.</p>
<h2>What it serves</h2>
<div class="scroll"><table>{served}</table></div>
<h2>Last requests ({len(journal.answered)} of {journal.count})</h2>
{_requests(journal)}
</body>
</html>
"""


def _requests(journal: Journal) -> str:
    if not journal.answered:
        return '<p class="empty">None yet.</p>'
    rows = "".join(_row(answered) for answered in reversed(journal.answered))
    heads = '<tr><th>Method</th><th>Path</th><th class="number">Status</th><th class="number">ms</th></tr>'
    return f'<div class="scroll"><table>{heads}{rows}</table></div>'


def _row(answered: Answered) -> str:
    emphasis = "number bad" if answered.status >= 400 else "number"  # noqa: PLR2004  (HTTP's own line)
    return (
        f"<tr><td>{escape(answered.method)}</td><td><code>{escape(answered.path)}</code></td>"
        f'<td class="{emphasis}">{answered.status}</td><td class="number">{answered.milliseconds:.1f}</td></tr>'
    )

"""The status page: the simulated time, the calls so far, and the endpoints."""

from html import escape
from itertools import islice

from sighten_simulator.api.journal import CallCounts, Journal, LoggedRequest
from sighten_simulator.world.world import EVERYTHING, World

MAX_ROWS = 50
_ENDPOINTS = (
    (
        "/api/v1/site · project · ops_workflow · milestone · task · sub_task",
        "lists, 25 rows a page, filtered by the parent's id",
    ),
    ("/api/v1/document/{uuid}/download/ · preview/", "an uploaded document as PDF"),
    ("/api/v1/sub_task/{uuid}/download/", "the newest upload of a sub_task"),
    ("/api/data/{workflow|quote|system|site|proposal}/?metrics=…&quote_id=…", "the DAL, by filter"),
    ("/api/data/quote/{uuid}/?metrics=…", "the DAL, by quote"),
    ("/healthz", "200 while the server runs; needs no token"),
    ("/simulator/journal", "these calls and requests as JSON; DELETE clears them"),
    ("/simulator/time", "the simulated time as JSON; POST moves it"),
)
_MOVES = (
    ("days", "-30", "30 days back"),
    ("days", "1", "1 day forward"),
    ("days", "30", "30 days forward"),
    ("until", "next_re_sign", "Next re-sign"),
    ("until", "end", "End"),
)
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
td code { min-width: 9rem; display: inline-block; }
form { display: inline-block; margin: 0 .4rem .4rem 0; } button { font: inherit; padding: .25rem .7rem; }
.bad { font-weight: 700; } .empty { background: var(--soft); padding: .6rem .8rem; }
"""


def render(world: World, journal: Journal) -> str:
    """The page as HTML; text from requests is escaped."""
    index = world.index_for(EVERYTHING)
    endpoints = "".join(
        f"<tr><td><code>{escape(path)}</code></td><td>{escape(text)}</td></tr>" for path, text in _ENDPOINTS
    )
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
Paths below <code>/api/</code> need the header <code>Authorization: Token …</code>.</p>
<h2>Simulated time</h2>
{_time(world)}
<h2>Calls by path</h2>
{_calls(journal)}
<h2>Last requests ({min(MAX_ROWS, journal.count)} of {journal.count})</h2>
{_requests(journal)}
<h2>Endpoints</h2>
<div class="scroll"><table>{endpoints}</table></div>
</body>
</html>
"""


def _time(world: World) -> str:
    re_signs = _count(len(world.future_re_signs()), "re-sign")
    buttons = "".join(
        f'<form method="post" action="/simulator/time"><input type="hidden" name="{name}" value="{value}">'
        f"<button>{label}</button></form>"
        for name, value, label in _MOVES
    )
    return f"<p>Now {world.now:%Y-%m-%d %H:%M} UTC, {re_signs} ahead.</p>{buttons}"


def _calls(journal: Journal) -> str:
    if not journal.calls:
        return '<p class="empty">No calls yet.</p>'
    leaked = journal.credentials_sent_elsewhere
    warning = f'<p class="bad">{_count(leaked, "request")} sent credentials to the storage host.</p>' if leaked else ""
    heads = "<tr><th>Path</th><th>Statuses</th><th>Tokens</th>" + '<th class="number">Quotes</th></tr>'
    rows = "".join(_calls_row(name, calls) for name, calls in sorted(journal.calls.items()))
    return f'{warning}<div class="scroll"><table>{heads}{rows}</table></div>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _calls_row(name: str, calls: CallCounts) -> str:
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(calls.statuses.items()))
    tokens = ", ".join(f"{token}: {number}" for token, number in sorted(calls.tokens.items()))
    return (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(statuses)}</td>"
        f'<td>{escape(tokens)}</td><td class="number">{len(calls.quote_ids)}</td></tr>'
    )


def _requests(journal: Journal) -> str:
    if not journal.requests:
        return '<p class="empty">No requests yet.</p>'
    rows = "".join(_row(request) for request in islice(reversed(journal.requests), MAX_ROWS))
    heads = '<tr><th>Method</th><th>Path</th><th class="number">Status</th><th class="number">ms</th></tr>'
    return f'<div class="scroll"><table>{heads}{rows}</table></div>'


def _row(request: LoggedRequest) -> str:
    emphasis = "number bad" if request.status >= 400 else "number"  # noqa: PLR2004  (HTTP's first error status)
    return (
        f"<tr><td>{escape(request.method)}</td><td><code>{escape(request.display_path)}</code></td>"
        f'<td class="{emphasis}">{request.status}</td><td class="number">{request.milliseconds:.1f}</td></tr>'
    )

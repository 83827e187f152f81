"""The simulated Sighten's only page: how far its lives have gone, what it serves, and what it was asked."""

from html import escape
from itertools import islice

from sighten_simulator.api.journal import Answered, Calls, Journal
from sighten_simulator.world.world import EVERYTHING, World

SHOWN = 50
_SERVED = (
    (
        "/api/v1/site · project · ops_workflow · milestone · task · sub_task",
        "lists, 25 a page, filtered by the id above",
    ),
    ("/api/v1/document/{uuid}/download/ · preview/", "a PDF for every uploaded document"),
    ("/api/v1/sub_task/{uuid}/download/", "the newest upload of a sub_task"),
    ("/api/data/{workflow|quote|system|site|proposal}/?metrics=…&quote_id=…", "the DAL, by filter"),
    ("/api/data/quote/{uuid}/?metrics=…", "the DAL, by quote"),
    ("/healthz", "200 while it runs; needs no token"),
    ("/simulator/journal", "what was asked, as JSON; DELETE forgets it"),
    ("/simulator/time", "how far the lives have gone, as JSON; POST moves it"),
)
_MOVES = (
    ("days", "1", "A day on"),
    ("days", "30", "30 days on"),
    ("until", "next_re_sign", "To the next re-sign"),
    ("days", "-30", "30 days back"),
    ("until", "end", "To the end"),
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
    """The page as HTML; everything that came with a request is escaped."""
    index = world.seen_by(EVERYTHING)
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
<h2>Time</h2>
{_time(world)}
<h2>What was asked</h2>
{_calls(journal)}
<h2>Last requests ({min(SHOWN, journal.count)} of {journal.count})</h2>
{_requests(journal)}
<h2>What it serves</h2>
<div class="scroll"><table>{served}</table></div>
</body>
</html>
"""


def _time(world: World) -> str:
    to_come = len(world.re_signs_to_come())
    buttons = "".join(
        f'<form method="post" action="/simulator/time"><input type="hidden" name="{name}" value="{value}">'
        f"<button>{label}</button></form>"
        for name, value, label in _MOVES
    )
    return (
        f"<p>The lives have gone to {world.now:%Y-%m-%d %H:%M} UTC; {to_come} re-signs are still to come.</p>{buttons}"
    )


def _calls(journal: Journal) -> str:
    if not journal.calls:
        return '<p class="empty">Nothing yet.</p>'
    leaked = journal.credentials_sent_elsewhere
    warning = f'<p class="bad">{leaked} requests brought credentials to the storage host.</p>' if leaked else ""
    heads = "<tr><th>Path</th><th>Statuses</th><th>Tokens</th>" + '<th class="number">Quotes</th></tr>'
    rows = "".join(_calls_row(name, calls) for name, calls in sorted(journal.calls.items()))
    return f'{warning}<div class="scroll"><table>{heads}{rows}</table></div>'


def _calls_row(name: str, calls: Calls) -> str:
    statuses = ", ".join(f"{status}: {number}" for status, number in sorted(calls.statuses.items()))
    tokens = ", ".join(f"{token}: {number}" for token, number in sorted(calls.tokens.items()))
    return (
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(statuses)}</td>"
        f'<td>{escape(tokens)}</td><td class="number">{len(calls.quote_ids)}</td></tr>'
    )


def _requests(journal: Journal) -> str:
    if not journal.answered:
        return '<p class="empty">None yet.</p>'
    rows = "".join(_row(answered) for answered in islice(reversed(journal.answered), SHOWN))
    heads = '<tr><th>Method</th><th>Path</th><th class="number">Status</th><th class="number">ms</th></tr>'
    return f'<div class="scroll"><table>{heads}{rows}</table></div>'


def _row(answered: Answered) -> str:
    emphasis = "number bad" if answered.status >= 400 else "number"  # noqa: PLR2004  (HTTP's own line)
    return (
        f"<tr><td>{escape(answered.method)}</td><td><code>{escape(answered.shown)}</code></td>"
        f'<td class="{emphasis}">{answered.status}</td><td class="number">{answered.milliseconds:.1f}</td></tr>'
    )

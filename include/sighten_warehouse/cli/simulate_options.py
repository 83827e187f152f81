"""The options of `sighten-warehouse simulate`, by what they are about."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

SHARE = click.FloatRange(0, 1)
MOMENT_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def moment(_: click.Context, __: click.Parameter, value: datetime | None) -> datetime | None:
    """The time in UTC, which is what Sighten's times are in."""
    return None if value is None else value.replace(tzinfo=UTC)


def lives_options(command: Command) -> Command:
    """Which lives are told."""
    return _all(
        click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same lives."),
        click.option(
            "--milestones", type=click.IntRange(min=0), default=300, show_default=True, help="How many milestones live."
        ),
    )(command)


def fault_options(command: Command) -> Command:
    """What goes wrong with requests to the API."""
    return _all(
        _share("--fault-429", "too_many", "answered with 429."),
        click.option(
            "--retry-after",
            type=click.Choice(["seconds", "date", "none"]),
            default="seconds",
            show_default=True,
            help="How a 429 says when to come again.",
        ),
        _share("--fault-500", "server_error", "answered with 500."),
        _share("--fault-403", "forbidden", "answered with 403."),
        _share("--fault-slow", "slow", "answered late."),
        click.option(
            "--slow-seconds", "slow_s", type=click.FloatRange(min=0), default=2.0, show_default=True, help="How late."
        ),
        _share("--fault-truncated", "truncated", "answered with half a body and a lost connection."),
        _share("--fault-broken-json", "broken_json", "answered with half a body."),
        _share("--fault-html", "html", "answered with a page that says sorry, and 200."),
        _share("--fault-empty", "empty", "answered with nothing, and 200."),
        _share("--fault-in-band", "in_band", "of the DAL answered with an error inside a 200."),
        click.option("--fault-below", "below", default="/api/", show_default=True, help="Only paths that begin so."),
    )(command)


def document_options(command: Command) -> Command:
    """How documents are handed out."""
    from sighten_simulator.documents.options import TROUBLES

    return _all(
        click.option("--redirects", type=SHARE, default=0.5, show_default=True, help="Share of documents elsewhere."),
        click.option(
            "--redirect-to",
            type=click.Choice(["storage", "relative", "loop", "nowhere", "file", "private", "expired"]),
            default="storage",
            show_default=True,
            help="Where those are: a signed URL on another port, one on this, or a trap.",
        ),
        _choice("--ranges", "yes no wrong", "Whether part of a document can be asked for."),
        _choice("--names", "encoded plain hostile none", "How Content-Disposition tells a document's name."),
        click.option("--generated", is_flag=True, help="Generated documents can be downloaded too."),
        click.option(
            "--document-bytes", "least_bytes", type=click.IntRange(min=0), default=0, help="How long one is at least."
        ),
        click.option(
            "--trouble",
            "troubles",
            type=(click.Choice(TROUBLES), SHARE),
            multiple=True,
            help="What goes wrong with which share of documents, as in: --trouble truncated 0.1",
        ),
        click.option(
            "--trouble-tries",
            "tries",
            type=click.IntRange(min=0),
            help="How often it does before a document comes right; without this, always.",
        ),
    )(command)


def unknown_options(command: Command) -> Command:
    """The variants of what is not known of Sighten's API."""
    return _all(
        _choice("--quotes-of-workflow", "scalar list", "How s_quote_id and other facts of a workflow's quote come."),
        _choice("--not-signed", "sentinel null empty_list no_row 404", "What stands for a baseline that is not there."),
        _choice("--unknown-quote", "no_row 404 null sentinel", "The answer about a quote that nobody knows."),
        _choice("--refusal", "all metric 400", "What a refused metric costs: all inside a 200, itself, or all."),
        click.option("--refuse-metric", "refused", multiple=True, metavar="NAME", help="A metric that it refuses."),
        click.option("--most-rows", "max_rows", type=click.IntRange(min=1), help="The most rows of a page of the DAL."),
        _choice("--slashes", "either with without redirect", "Which paths it takes: a slash at their end or none."),
    )(command)


def _share(name: str, field: str, what: str) -> Decorator:
    return click.option(name, field, type=SHARE, default=0.0, help=f"Share of requests {what}")


def _choice(name: str, words: str, what: str) -> Decorator:
    choices = words.split()
    return click.option(name, type=click.Choice(choices), default=choices[0], show_default=True, help=what)


def _all(*options: Decorator) -> Decorator:
    """All of them, in the order in which help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate

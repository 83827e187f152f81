"""The options of `sighten-warehouse simulate`, by subject."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sighten_simulator.world.lives import Simulation

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

SHARE = click.FloatRange(0, 1)
MOMENT_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def moment(_: click.Context, __: click.Parameter, value: datetime | None) -> datetime | None:
    """The time in UTC, like all of Sighten's times."""
    return None if value is None else value.replace(tzinfo=UTC)


def lives_options(command: Command) -> Command:
    """Add the options for the simulated lives of milestones."""
    return _all(
        click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same lives."),
        click.option(
            "--milestones",
            type=click.IntRange(min=0),
            default=300,
            show_default=True,
            help="Number of milestones to simulate.",
        ),
        click.option(
            "--ends",
            type=click.DateTime(["%Y-%m-%d"]),
            callback=moment,
            help="The day, in UTC, at which the lives end; by default 2026-07-01, for the same bytes on any day.",
        ),
        click.option(
            "--lives-until",
            type=click.DateTime(MOMENT_FORMATS),
            callback=moment,
            help="Leave out what happens after this time, in UTC; by default --ends.",
        ),
    )(command)


def simulated(seed: int, milestones: int, ends: datetime | None, lives_until: datetime | None) -> "Simulation":
    """The simulation of those options."""
    from sighten_simulator.world.lives import build_simulation
    from sighten_simulator.world.people import END

    return build_simulation(seed, milestones, ends=ends or END, until=lives_until)


def fault_options(command: Command) -> Command:
    """Add the options for faults of the API."""
    return _all(
        _share("--fault-429", "too_many", "answered with 429."),
        click.option(
            "--retry-after",
            type=click.Choice(["seconds", "date", "none"]),
            default="seconds",
            show_default=True,
            help="Form of Retry-After in a 429.",
        ),
        _share("--fault-500", "server_error", "answered with 500."),
        _share("--fault-403", "forbidden", "answered with 403."),
        _share("--fault-slow", "slow", "answered after a delay."),
        click.option(
            "--slow-seconds",
            "slow_s",
            type=click.FloatRange(min=0),
            default=2.0,
            show_default=True,
            help="Length of that delay.",
        ),
        _share("--fault-truncated", "truncated", "answered with half a body, then disconnected."),
        _share("--fault-broken-json", "broken_json", "answered with half a body."),
        _share("--fault-html", "html", "answered with 200 and an HTML page."),
        _share("--fault-empty", "empty", "answered with 200 and an empty body."),
        _share("--fault-in-band", "in_band", "to the DAL answered with 200 and an error in the body."),
        click.option(
            "--fault-below",
            "below",
            default="/api/",
            show_default=True,
            help="Only requests to paths with this prefix.",
        ),
    )(command)


def document_options(command: Command) -> Command:
    """Add the options for documents."""
    from sighten_simulator.documents.options import TROUBLES

    return _all(
        click.option(
            "--redirects", type=SHARE, default=0.5, show_default=True, help="Share of documents behind a redirect."
        ),
        click.option(
            "--redirect-to",
            type=click.Choice(["storage", "relative", "loop", "nowhere", "file", "private", "expired"]),
            default="storage",
            show_default=True,
            help="Target of redirects: a signed URL on another port, a URL on this port, or a trap.",
        ),
        _choice("--ranges", "yes no wrong", "Whether range requests work."),
        _choice("--names", "encoded plain hostile none", "Form of the file name in Content-Disposition."),
        click.option("--generated", is_flag=True, help="Also serve generated documents."),
        click.option(
            "--document-bytes",
            "least_bytes",
            type=click.IntRange(min=0),
            default=0,
            help="Smallest size of a document.",
        ),
        click.option(
            "--trouble",
            "troubles",
            type=(click.Choice(TROUBLES), SHARE),
            multiple=True,
            help="A fault and the share of documents that have it; repeatable.",
        ),
        click.option(
            "--trouble-tries",
            "tries",
            type=click.IntRange(min=0),
            help="Failed tries before such a document succeeds; fails for ever by default.",
        ),
    )(command)


def unknown_options(command: Command) -> Command:
    """Add the options for what is not known about Sighten's API."""
    return _all(
        _choice("--quotes-of-workflow", "scalar list", "Form of s_quote_id and other fields of a workflow's quote."),
        _choice("--not-signed", "sentinel null empty_list no_row 404", "Value of a missing baseline."),
        _choice("--unknown-quote", "no_row 404 null sentinel", "Response for an unknown quote."),
        _choice(
            "--refusal", "all metric 400", "Effect of a refused metric: all fail inside a 200, only it fails, or 400."
        ),
        click.option(
            "--refuse-metric", "refused", multiple=True, metavar="NAME", help="A metric to refuse; repeatable."
        ),
        click.option("--most-rows", "max_rows", type=click.IntRange(min=1), help="Most rows on a page of the DAL."),
        _choice("--slashes", "either with without redirect", "Paths to accept: with or without a trailing slash."),
    )(command)


def _share(name: str, field: str, what: str) -> Decorator:
    return click.option(name, field, type=SHARE, default=0.0, help=f"Share of requests {what}")


def _choice(name: str, words: str, what: str) -> Decorator:
    choices = words.split()
    return click.option(name, type=click.Choice(choices), default=choices[0], show_default=True, help=what)


def _all(*options: Decorator) -> Decorator:
    """Add these options, in this order in help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate

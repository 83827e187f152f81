"""`sighten-warehouse report`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import writing_to

if TYPE_CHECKING:
    from sighten_warehouse.settings import Settings


@click.command()
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="Port to serve on, 0 for a free one."
)
@click.option(
    "--to", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write one HTML file instead, and exit."
)
def report(*, open_browser: bool, port: int, path: Path | None) -> None:
    """Show the report on the newest published version.

    It is served on 127.0.0.1 until Ctrl-C, or written as one HTML file, which needs no network and no server. The file
    has the timelines of some milestones, the served page all. People's names are shown only with SIGHTEN_PII=full.

    \b
    Examples:
      sighten-warehouse report --open
      sighten-warehouse report --to report.html
    """
    import webbrowser

    from sighten_warehouse.publish.versions import pull_newest
    from sighten_warehouse.report.writing import write_report_to
    from sighten_warehouse.settings import read_settings

    settings = pull_newest(read_settings())
    if path is not None:
        with writing_to(path, option="--to"):
            write_report_to(path, settings)
        click.echo(f"report written to {path}", err=True)
        if open_browser:
            webbrowser.open(path.resolve().as_uri())
        return
    _serve(settings, port, open_browser=open_browser)


def _serve(settings: "Settings", port: int, *, open_browser: bool) -> None:
    import webbrowser

    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.report.live import LiveReport

    with requires_extra("report", by="report without --to"):
        from sighten_warehouse.report.server import serve_report

    report = LiveReport(settings)
    report.page()  # built before serving: the first visitor need not wait, and errors show here

    def announce(address: str) -> None:
        click.echo(f"report at {address}, until Ctrl-C")
        if open_browser:
            webbrowser.open(address)

    serve_report(report, port=port, on_listening=announce)

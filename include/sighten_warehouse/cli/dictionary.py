"""`sighten-warehouse dictionary`."""

from pathlib import Path

import click

from sighten_warehouse.cli.ending import writing_to


@click.command()
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write one HTML page with a search instead."
)
def dictionary(*, html: Path | None) -> None:
    """Print the data dictionary: every published table and column.

    It is Markdown, or with --html one page that works offline.

    \b
    Examples:
      sighten-warehouse dictionary | less
      sighten-warehouse dictionary --html dictionary.html
    """
    from sighten_warehouse.dictionary.html import render_page
    from sighten_warehouse.dictionary.markdown import render_dictionary

    if html is None:
        click.echo(render_dictionary(), nl=False)
    else:
        with writing_to(html, option="--html"):
            html.write_text(render_page(), encoding="utf-8")
        click.echo(html)

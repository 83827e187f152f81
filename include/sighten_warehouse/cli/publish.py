"""`sighten-warehouse publish`."""

import click


@click.command()
def publish() -> None:
    """Publish what is loaded: a new warehouse file, swapped in while readers keep theirs.

    \b
    Example:
      sighten-warehouse publish
    """
    from sighten_warehouse.publish import publish as publish_version
    from sighten_warehouse.settings import read_settings

    version = publish_version(read_settings())
    click.echo(
        f"published {version.version}: {version.batches} batches, {version.tables['main.milestones']} milestones"
    )
    click.echo(version.path)

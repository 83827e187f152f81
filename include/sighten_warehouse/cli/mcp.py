"""`sighten-warehouse mcp`."""

import click


@click.command()
@click.option("--http", is_flag=True, help="Serve over HTTP on 127.0.0.1 instead of stdin and stdout.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8099, show_default=True,
    help="With --http: port to serve on, 0 for a free one.",
)  # fmt: skip
@click.option(
    "--max-rows", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Rows that one query returns."
)
@click.option(
    "--max-seconds", type=click.FloatRange(0, 3600, min_open=True), default=30, show_default=True,
    help="Time that one query may take.",
)  # fmt: skip
def mcp(*, http: bool, port: int, max_rows: int, max_seconds: float) -> None:
    """Serve the newest published version to assistants, read-only (Model Context Protocol).

    An assistant starts this command and speaks to it by stdin and stdout, or reaches it over HTTP. It may list tables
    and run SQL, and reaches no other file and no network. People's names are shown only with SIGHTEN_PII=full.

    \b
    Examples:
      sighten-warehouse mcp
      sighten-warehouse mcp --http --port 8099
    """
    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.publish.reader import open_published
    from sighten_warehouse.settings import read_settings

    with requires_extra("mcp", by="mcp"):
        from sighten_warehouse.assistants.answering import Limits
        from sighten_warehouse.assistants.server import assistant_server
        from sighten_warehouse.assistants.serving import serve_over_http, serve_over_stdio

    settings = read_settings()
    open_published(settings=settings).close()  # errors show here, and not only to the assistant
    server = assistant_server(settings, limits=Limits(rows=max_rows, seconds=max_seconds))
    if http:
        serve_over_http(server, port=port, on_listening=lambda address: click.echo(f"serving {address}, until Ctrl-C"))
    else:
        serve_over_stdio(server)

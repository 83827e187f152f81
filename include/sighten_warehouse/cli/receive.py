"""`sighten-warehouse receive`."""

import click


@click.command()
@click.option("--host", help="Address to listen on; overrides SIGHTEN_RECEIVER_HOST.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on, 0 for a free one; overrides SIGHTEN_RECEIVER_PORT.",
)
def receive(host: str | None, port: int | None) -> None:
    """Receive Sighten's webhooks over HTTP and land them.

    Send deliveries by POST, PUT or PATCH to /webhooks/sighten, those of a tenant to /webhooks/sighten/NAME; each is
    answered 200 once it is on stable storage. GET /healthz answers 200 if the receiver can write. GET /metrics is in
    Prometheus' format. SIGTERM or Ctrl-C stops the receiver: it finishes accepted requests and exits with 0.

    \b
    Example:
      sighten-warehouse receive --port 8088 &
      curl --data-binary @milestone.json http://127.0.0.1:8088/webhooks/sighten
    """
    import signal

    from msgspec.structs import replace

    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.landing.format import check_format
    from sighten_warehouse.remotes import shown_place
    from sighten_warehouse.settings import read_settings

    with requires_extra("receiver", by="receive"):
        from sighten_warehouse.receiver.server import ReceiverServer

    options = {"receiver_host": host, "receiver_port": port}
    settings = replace(
        read_settings(for_receiver=True), **{name: value for name, value in options.items() if value is not None}
    )
    check_format(settings.layout.landing, "landing")
    server = ReceiverServer(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    if server.is_open_to_others and settings.webhook_auth == "none":
        warning = (
            f"WARNING: {server.url} is open to other machines without authentication (SIGHTEN_WEBHOOK_AUTH=none): "
            "anybody who reaches it can deliver. Listen on 127.0.0.1 or let only Sighten through your firewall."
        )
        click.secho(warning, fg="red", bold=True, err=True)
    if server.storage_problem:
        warning = (
            f"WARNING: {server.storage_problem}. Until that is mended, every delivery is answered 503 and is not "
            "landed; the sender has to send it again."
        )
        click.secho(warning, fg="red", bold=True, err=True)
    click.echo(f"receiver listens on {server.url} and lands in {shown_place(settings.layout.landing)}")
    server.run()

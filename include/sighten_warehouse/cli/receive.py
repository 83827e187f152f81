"""`sighten-warehouse receive`: the receiver, until it is told to stop."""

import click


@click.command()
@click.option("--host", help="The address to listen on; wins over SIGHTEN_RECEIVER_HOST.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port to listen on, 0 for a free one; wins over SIGHTEN_RECEIVER_PORT.",
)
def receive(host: str | None, port: int | None) -> None:
    """Take in Sighten's webhooks and land them; a delivery is answered 200 once it is on stable storage.

    Deliveries go to POST, PUT or PATCH /webhooks/sighten. GET /healthz answers 200 when it can write, GET /metrics in
    Prometheus' format. SIGTERM or Ctrl-C stops it: it finishes what it accepted and ends with exit code 0.

    \b
    Example:
      sighten-warehouse receive --port 8088 &
      curl --data-binary @milestone.json http://127.0.0.1:8088/webhooks/sighten
    """
    import signal

    from sighten_warehouse.receiver.server import ReceiverServer
    from sighten_warehouse.settings import read_settings

    given = {"receiver_host": host, "receiver_port": port}
    settings = read_settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    server = ReceiverServer(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, server.stop)
    if server.is_open_to_others and settings.webhook_auth == "none":
        warning = (
            f"WARNING: {server.url} can be reached from other machines and SIGHTEN_WEBHOOK_AUTH=none: "
            "whoever reaches it can deliver. Listen on 127.0.0.1, or let only Sighten through."
        )
        click.secho(warning, fg="red", bold=True, err=True)
    click.echo(f"receiver listens on {server.url} and lands in {settings.layout.landing}")
    server.run()

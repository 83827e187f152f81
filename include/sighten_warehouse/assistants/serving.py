"""Serves assistants: one over stdin and stdout, or several over HTTP on this machine only."""

import signal
from collections.abc import Callable

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from sighten_warehouse.http_server import LOOPBACK, address_of, http_server, listen_on_option, run_until_signalled

PATH = "/mcp"
STOP_SECONDS = 3


def serve_over_stdio(server: MCPServer[None]) -> None:
    """Serve until stdin ends or Ctrl-C."""
    # The SDK's thread that waits for stdin would keep an interrupted process alive; there is nothing to tidy up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server.run()


def serve_over_http(server: MCPServer[None], *, port: int, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. `on_listening` receives the address.

    Web pages are refused: those of other origins by `Origin`, and those whose name leads here by `Host`.

    Raises:
        SettingError: the port is taken.
    """
    own = TransportSecuritySettings(allowed_hosts=[f"{name}:*" for name in (LOOPBACK, "localhost")], allowed_origins=[])
    app = server.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, json_response=True, transport_security=own
    )
    with listen_on_option(port) as listener:
        on_listening(f"{address_of(listener)}{PATH}")
        run_until_signalled(http_server(app, stop_seconds=STOP_SECONDS, lifespan="on"), listener)

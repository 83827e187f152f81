"""A client of the Model Context Protocol, for tests that are not asynchronous."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client


class Assistant:
    """A connected client of the SDK."""

    def __init__(self, portal: BlockingPortal, client: Client) -> None:
        self._portal = portal
        self._client = client

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call that method of the client."""
        return self._portal.call(partial(getattr(self._client, method), *arguments))

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What the tool answers, for programs; the text says the same."""
        result = self.ask("call_tool", tool, arguments)
        assert not result.is_error, result.content[0].text
        content: dict[str, Any] = result.structured_content
        assert content == json.loads(result.content[0].text)
        return content

    def query(self, sql: str) -> list[list[Any]]:
        rows: list[list[Any]] = self.call("query", sql=sql)["rows"]
        return rows

    def refusal(self, tool: str, **arguments: Any) -> str:
        """Why the tool refuses."""
        result = self.ask("call_tool", tool, arguments)
        assert result.is_error, result.content[0].text
        return str(result.content[0].text)


@contextmanager
def assistant(server: Any) -> Iterator[Assistant]:
    """A client of that server: a command for stdin and stdout, an address, or one in this process."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server)) as client:
        yield Assistant(portal, client)

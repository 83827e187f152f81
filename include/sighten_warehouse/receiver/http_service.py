"""The receiver's event loop: accepts connections, and stops without cutting off requests in progress."""

import asyncio
import gc
import socket
from contextlib import suppress

from sighten_warehouse.receiver.connection import BUFFER_BYTES, Connection
from sighten_warehouse.receiver.connections import MAX_CONNECTIONS, Connections
from sighten_warehouse.receiver.deadline import TIMEOUTS, Timeouts
from sighten_warehouse.receiver.requests import Application

BACKLOG = 2048
ACCEPTED_AT_ONCE = 16  # so that those who have to leave for them do so before there are more
STOP_SECONDS = 3.0  # for requests in progress to finish after the signal to stop
FLUSH_SECONDS = 0.5  # for the last responses to leave
_POLL_SECONDS = 0.02


class HttpService:
    """Serves an application over HTTP/1.1 in one process and on one event loop."""

    def __init__(
        self,
        app: Application,
        *,
        timeouts: Timeouts = TIMEOUTS,
        stop_seconds: float = STOP_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._app = app
        self._timeouts = timeouts
        self._stop_seconds = stop_seconds
        self._connections = Connections(max_connections)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._is_stopping = False
        self._stopped: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, listener: socket.socket) -> None:
        """Serve until `stop`; then accept no new connection, finish the requests in progress and return."""
        asyncio.run(self._serve(listener))

    def stop(self) -> None:
        """End `run`; callable from any thread, in a signal handler and more than once."""
        self._is_stopping = True
        with suppress(RuntimeError):  # the loop is closed
            if self._loop is not None and self._stopped is not None:
                self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self._loop, self._stopped = loop, asyncio.Event()
        self._app.start(loop)
        server = await loop.create_server(self._connection, sock=listener, backlog=ACCEPTED_AT_ONCE)
        listener.listen(BACKLOG)  # asyncio accepts as many at once as it lets wait
        gc.freeze()  # or each full collection stalls requests for 20 ms, going through every imported module
        if not self._is_stopping:
            await self._stopped.wait()
        gc.unfreeze()
        server.close()
        await self._stop_connections()

    def _connection(self) -> Connection:
        return Connection(self._app, self._connections, timeouts=self._timeouts, buffer=self._buffer)

    async def _stop_connections(self) -> None:
        for connection in list(self._connections):
            connection.stop()
        await self._until_closed(self._stop_seconds)
        for connection in list(self._connections):
            connection.refuse()
        await self._until_closed(FLUSH_SECONDS)

    async def _until_closed(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._connections and loop.time() < until:  # noqa: ASYNC110  (they leave one by one)
            await asyncio.sleep(_POLL_SECONDS)

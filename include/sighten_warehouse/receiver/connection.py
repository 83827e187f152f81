"""One HTTP/1.1 connection: responses in the order of requests, and a deadline for whatever the client has to do."""

import asyncio
from collections import deque
from functools import partial
from typing import Any

from sighten_warehouse.receiver.connections import Connections, network_of
from sighten_warehouse.receiver.deadline import BodyTime, Deadline, Timeouts
from sighten_warehouse.receiver.request_parser import BadRequestError, RequestParser
from sighten_warehouse.receiver.requests import Answer, Application, BrokenOff, Request
from sighten_warehouse.receiver.responses import HttpResponse, encode, json_response

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
MAX_REQUESTS = 100  # of one connection that has landed no delivery
AHEAD = 16  # requests in progress on one connection, after which no more are read from it
SLICE = 16 * 1024  # bytes that are read at a time, so that others need not wait
SMALL_SLICE = 1024  # the same, from strangers and from who sends requests ahead: it may hold many
BUFFER_BYTES = 256 * 1024  # the same, inside a body of known length, which takes no time to parse


class Connection(asyncio.BufferedProtocol):
    """Serves one client until it leaves, is late, or sends what is no HTTP; `buffer` is shared by all connections."""

    def __init__(self, app: Application, connections: Connections, *, timeouts: Timeouts, buffer: memoryview) -> None:
        self._app = app
        self._connections = connections
        self._timeouts = timeouts
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._expired)
        self._parser = RequestParser(self)
        self._answers: deque[Answer] = deque()  # those not written yet
        self._open: Answer | None = None  # of the request whose body is being read
        self._body = BodyTime(timeouts)
        self._begun = 0  # requests
        self._is_proven = False  # by a delivery that was landed
        self._is_at_its_end = False  # by the number of its requests
        self._slice = SMALL_SLICE
        self._awaits_head = False
        self._takes_more = True  # requests
        self._is_readable = True  # what the client sends, as HTTP
        self._is_stopping = False
        self._is_write_paused = False
        self._is_held = False  # nothing is read, until the requests in progress are answered
        self._linger_bytes: int | None = None  # set once the last response is written, and the client still sends
        self._transport: Any = None
        self.peer, self.landed_at = "", 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        self._transport = transport
        address = transport.get_extra_info("peername")
        self.peer = network_of(address[0]) if address else ""
        self._deadline.set(self._timeouts.first)
        if not self._connections.add(self):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        """Give up a request that is not complete; complete ones are landed all the same."""
        self._deadline.end()
        self._connections.discard(self)
        if self._open is not None:
            self._open.break_off(BrokenOff.GONE)
        self._parser.end()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  (asyncio's signature)
        """Where to put what comes next."""
        least = self._slice if self._linger_bytes is None else SLICE
        return self._buffer[: max(least, min(self._body.left, BUFFER_BYTES))]

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what came."""
        if self._linger_bytes is not None:
            self._linger_bytes -= nbytes
            if self._linger_bytes < 0:
                self._transport.close()
        if self._is_readable:
            self._parse(self._buffer[:nbytes])

    def pause_writing(self) -> None:
        """The client does not read, so read nothing from it."""
        self._is_write_paused = True
        self._transport.pause_reading()
        self._deadline.set(self._timeouts.write)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._is_write_paused = False
        self._allow(self._timeouts.idle)
        self._go_on()

    @property
    def may_leave(self) -> bool:
        """Whether it has no complete request in progress."""
        return not any(answer.is_read for answer in self._answers)

    def leave(self) -> None:
        """Close at once, since others need the room."""
        if self._open is not None:
            self._open.break_off(BrokenOff.CROWDED)
        self._transport.abort()

    def stop(self) -> None:
        """Close once the requests in progress are answered."""
        self._is_stopping = True
        if not self._answers and self._linger_bytes is None:
            self._close()

    def refuse(self) -> None:
        """Answer the requests in progress at once, and close."""
        for answer in list(self._answers):
            answer.break_off(BrokenOff.STOPPING)
        self._close()

    def begin(self, request: Request, *, is_last: bool, expects_continue: bool) -> None:
        """Hand the head of a request to the application."""
        self._awaits_head = False
        if not self._takes_more:
            return
        self._begun += 1
        self._is_at_its_end = self._begun >= MAX_REQUESTS and not self._is_proven
        self._takes_more = not (is_last or self._is_at_its_end)
        answer = Answer(is_last=not self._takes_more, without_content=request.method == "HEAD")
        self._answers.append(answer)
        self._open = answer
        self._body.begin(request.content_length)
        exchange = self._app.begin(request, partial(self._respond, answer), peer=self.peer)
        if answer.response is None:
            answer.exchange = exchange
            if expects_continue and self._answers[0] is answer:
                self._transport.write(CONTINUE)

    def add(self, piece: bytes) -> None:
        """Hand bytes of its body to the application, unless it responded already."""
        answer = self._open
        self._body.add(len(piece))
        if answer is not None and answer.taking is not None:
            answer.taking.add(piece)

    def end(self) -> None:
        """Tell the application that the body is complete."""
        answer, self._open = self._open, None
        if answer is None:
            return
        answer.is_read = True
        self._allow(None)
        if answer.taking is not None:
            answer.taking.end()
        elif self._linger_bytes is not None:
            self._close()

    def _parse(self, received: memoryview) -> None:
        begun = self._begun
        try:
            self._parser.feed(received)
        except BadRequestError as error:
            self._refuse_the_rest(error)
            return
        if self._begun > begun + 1:
            self._slice = SMALL_SLICE
        if self._count_ahead() >= AHEAD and not self._transport.is_closing():
            self._is_held = True
            self._transport.pause_reading()
            self._allow(None)
        elif self._open is not None:
            if (seconds := self._body.seconds(len(received), now=self._loop.time())) is not None:
                self._allow(seconds)
        elif self._parser.is_in_head and not self._awaits_head:
            self._awaits_head = True
            self._allow(self._timeouts.head)

    def _refuse_the_rest(self, error: BadRequestError) -> None:
        self._is_readable = False
        answer = self._open
        if answer is None and self._takes_more:
            self._connections.refusals.add("refused_bad_request", reason=str(error))
            answer = Answer(is_last=True, without_content=False)
            self._answers.append(answer)
            self._respond(answer, json_response(400, early=True, status="bad_request", reason=str(error)))
        elif answer is not None and answer.response is None:
            answer.break_off(BrokenOff.UNREADABLE)
        self._takes_more = False

    def _respond(self, answer: Answer, response: HttpResponse) -> None:
        if answer.response is None:
            answer.response = response
            self._write_responses()

    def _write_responses(self) -> None:
        while self._answers and not self._transport.is_closing():
            answer = self._answers[0]
            if answer.response is None:
                break
            self._answers.popleft()
            answer.exchange = None  # it refers to the answer too, and would wait for the garbage collection
            is_last = answer.is_last or answer.response.early or (self._is_stopping and not self._answers)
            if answer.response.proves_sender:
                self.landed_at = self._loop.time()
                if not self._is_proven:
                    self._is_proven, self._slice = True, SLICE
                    self._connections.prove(self)
            self._transport.write(encode(answer.response, closes=is_last, without_content=answer.without_content))
            if is_last:
                self._end(answer, answer.response)
                return
        if not self._answers:
            self._allow(self._timeouts.idle)
        if self._is_held and self._count_ahead() == 0:
            self._is_held = False
            self._loop.call_soon(self._go_on)

    def _count_ahead(self) -> int:
        return len(self._answers) - (self._open is not None)

    def _end(self, answer: Answer, response: HttpResponse) -> None:
        self._answers.clear()
        self._takes_more = False
        if answer.is_read and not self._is_at_its_end:
            self._close()
            return
        # Closing now would reset a client that still sends, and it could not read the response.
        self._linger_bytes = response.linger_bytes
        self._deadline.set(self._timeouts.write if self._is_write_paused else self._timeouts.linger)
        self._is_readable &= self._open is not None  # what follows its end is not even parsed
        self._is_held = False
        self._go_on()

    def _go_on(self) -> None:
        if not self._is_held and not self._is_write_paused and not self._transport.is_closing():
            self._transport.resume_reading()
            if self._open is not None:
                self._allow(self._timeouts.pace)

    def _allow(self, seconds: float | None) -> None:
        # The deadlines for reading responses and for lingering stay as they are.
        if not self._is_write_paused and self._linger_bytes is None and not self._transport.is_closing():
            self._deadline.set(seconds) if seconds is not None else self._deadline.clear()

    def _close(self) -> None:
        self._transport.close()
        self._deadline.set(self._timeouts.write)  # what is written may still wait for the client

    def _expired(self) -> None:
        if self._transport.is_closing() or self._is_write_paused:
            self._transport.abort()
        elif self._open is not None and self._open.response is None:
            self._open.break_off(BrokenOff.LATE)
        else:
            self._close()

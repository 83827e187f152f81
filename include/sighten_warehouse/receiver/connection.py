"""One HTTP/1.1 connection: responses in the order of requests, and a deadline for whatever the client has to do."""

import asyncio
from collections import deque
from collections.abc import MutableSet
from functools import partial
from typing import Any

import structlog

from sighten_warehouse.receiver.deadline import Deadline, Timeouts
from sighten_warehouse.receiver.request_parser import BadRequestError, RequestParser
from sighten_warehouse.receiver.requests import Application, BrokenOff, Exchange, Request
from sighten_warehouse.receiver.responses import HttpResponse, encode, json_response

NOTHING = memoryview(b"")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
AHEAD = 16  # requests in progress on one connection, after which no more are read from it
SLICE = 16 * 1024  # bytes that are parsed at a time
SLICE_AHEAD = 1024  # the same, once the client has sent a request ahead: they hold few, so others need not wait

log = structlog.get_logger()


class _Answer:
    """The place of a request's response in the order of responses."""

    __slots__ = ("exchange", "is_last", "is_read", "response", "without_content")

    def __init__(self, *, is_last: bool, without_content: bool) -> None:
        self.is_last = is_last
        self.without_content = without_content
        self.is_read = False  # the request, to its end
        self.exchange: Exchange | None = None
        self.response: HttpResponse | None = None


class Connection(asyncio.Protocol):
    """Serves one client until it leaves, is late, or sends what is no HTTP."""

    def __init__(self, app: Application, connections: MutableSet["Connection"], *, timeouts: Timeouts) -> None:
        self._app = app
        self._connections = connections
        self._timeouts = timeouts
        self._loop = asyncio.get_running_loop()
        self._deadline = Deadline(self._loop, self._expired)
        self._parser = RequestParser(self)
        self._answers: deque[_Answer] = deque()  # those not written yet
        self._open: _Answer | None = None  # of the request whose body is being read
        self._begun = 0  # requests
        self._slice = SLICE
        self._unparsed = NOTHING
        self._awaits_head = True
        self._takes_more = True  # requests
        self._is_readable = True  # what the client sends, as HTTP
        self._is_stopping = False
        self._is_write_paused = False
        self._is_held = False  # what came is not parsed, until the requests in progress are answered
        self._linger_bytes: int | None = None  # set once the last response is written, and the client still sends
        self._transport: Any = None

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        self._transport = transport
        self._connections.add(self)
        self._deadline.set(self._timeouts.head)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        """Give up a request that is not complete; complete ones are landed all the same."""
        self._deadline.end()
        self._connections.discard(self)
        if self._open is not None:
            self._break_off(self._open, BrokenOff.GONE)
        self._parser.end()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._linger_bytes is not None:
            self._linger_bytes -= len(data)
            if self._linger_bytes < 0:
                self._transport.close()
        if self._is_readable:
            self._unparsed = memoryview(b"".join((self._unparsed, data)) if self._unparsed else data)
            self._parse()

    def pause_writing(self) -> None:
        """The client does not read, so read nothing from it."""
        self._is_write_paused = True
        self._transport.pause_reading()
        self._deadline.set(self._timeouts.write)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._is_write_paused = False
        self._allow(self._timeouts.idle if self._open is None else self._timeouts.body)
        self._go_on()

    # What the server calls

    def stop(self) -> None:
        """Close once the requests in progress are answered."""
        self._is_stopping = True
        if not self._answers and self._linger_bytes is None:
            self._close()

    def refuse(self) -> None:
        """Answer the requests in progress at once, and close."""
        for answer in list(self._answers):
            self._break_off(answer, BrokenOff.STOPPING)
        self._close()

    # What the parser calls

    def begin(self, request: Request, *, is_last: bool, expects_continue: bool) -> None:
        """Hand the head of a request to the application."""
        self._awaits_head = False
        if not self._takes_more:
            return
        self._takes_more = not is_last
        self._begun += 1
        answer = _Answer(is_last=is_last, without_content=request.method == "HEAD")
        self._answers.append(answer)
        self._open = answer
        self._allow(self._timeouts.body)
        exchange = self._app.begin(request, partial(self._respond, answer))
        if answer.response is None:
            answer.exchange = exchange
            if expects_continue and self._answers[0] is answer:
                self._transport.write(CONTINUE)

    def add(self, piece: bytes) -> None:
        """Hand bytes of its body to the application, unless it responded already."""
        answer = self._open
        if answer is not None and answer.response is None and answer.exchange is not None:
            answer.exchange.add(piece)

    def end(self) -> None:
        """Tell the application that the body is complete."""
        answer, self._open = self._open, None
        if answer is None:
            return
        answer.is_read = True
        self._allow(None)
        if answer.response is None and answer.exchange is not None:
            answer.exchange.end()
        elif self._linger_bytes is not None:
            self._close()

    def _parse(self) -> None:
        while self._unparsed and not self._is_write_paused and not self._transport.is_closing():
            if self._count_ahead() >= AHEAD:
                self._is_held = True
                self._transport.pause_reading()
                return
            piece, self._unparsed = self._unparsed[: self._slice], self._unparsed[self._slice :]
            begun = self._begun
            try:
                self._parser.feed(piece)
            except BadRequestError as error:
                self._refuse_the_rest(error)
                return
            if self._begun > begun + 1:
                self._slice = SLICE_AHEAD
        if not self._unparsed:
            self._unparsed = NOTHING  # or what was received last stays in memory
        if self._parser.is_in_head and not self._awaits_head:
            self._awaits_head = True
            self._allow(self._timeouts.head)

    def _refuse_the_rest(self, error: BadRequestError) -> None:
        self._is_readable = False
        self._unparsed = NOTHING
        answer = self._open
        if answer is None and self._takes_more:
            log.warning("refused_bad_request", reason=str(error))
            answer = _Answer(is_last=True, without_content=False)
            self._answers.append(answer)
            self._respond(answer, json_response(400, early=True, status="bad_request", reason=str(error)))
        elif answer is not None and answer.response is None:
            self._break_off(answer, BrokenOff.UNREADABLE)
        self._takes_more = False

    def _break_off(self, answer: _Answer, cause: BrokenOff) -> None:
        if answer.exchange is not None and answer.response is None:
            answer.exchange.break_off(cause)

    def _respond(self, answer: _Answer, response: HttpResponse) -> None:
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

    def _end(self, answer: _Answer, response: HttpResponse) -> None:
        self._answers.clear()
        self._takes_more = False
        if answer.is_read:
            self._close()
        else:
            # Closing now would reset a client that still sends, and it could not read the response.
            self._linger_bytes = response.linger_bytes
            self._deadline.set(self._timeouts.linger)

    def _go_on(self) -> None:
        if not self._is_held and not self._is_write_paused and not self._transport.is_closing():
            self._transport.resume_reading()
            self._parse()

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
            self._break_off(self._open, BrokenOff.LATE)
        else:
            self._close()

"""Log events: one line of `key=value` each, on stderr."""

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

if "rich" not in sys.modules:
    # structlog imports rich for its console, which is not used: that takes as long as a small publish's queries.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"]
else:
    import structlog


from sighten_warehouse.escaping import printable_lines

_held = threading.local()


class Stderr:
    """The stderr of the moment of writing, not the one at configuration."""

    def write(self, text: str) -> int:
        """Write to it, or keep it for the end of `written_together`."""
        held: list[str] | None = getattr(_held, "texts", None)
        if held is None:
            return sys.stderr.write(text)
        held.append(text)
        return len(text)

    def flush(self) -> None:
        """Flush it."""
        if getattr(_held, "texts", None) is None:
            sys.stderr.flush()


@contextmanager
def written_together() -> Iterator[None]:
    """Write the events of this thread inside this context at its end, with one system call."""
    texts: list[str] = []
    _held.texts = texts
    try:
        yield
    finally:
        _held.texts = None
        if texts:
            sys.stderr.write("".join(texts))
            sys.stderr.flush()


def _without_controls(_: object, __: str, line: Any) -> str:
    return printable_lines(str(line))


def events_to_stderr() -> None:
    """Write every event of this process, and every warning of its libraries, as one line on stderr."""
    stderr = Stderr()
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_line: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False),
        _without_controls,
    ]
    structlog.configure(
        processors=[*shared, *as_line],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", stderr)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *as_line],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)

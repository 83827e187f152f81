"""Log events: one line of `key=value` each, on stderr."""

import logging
import sys
from typing import TextIO, cast

if "rich" not in sys.modules:
    # structlog imports rich for its console, which is not used: that takes as long as a small publish's queries.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog

    del sys.modules["rich"]
else:
    import structlog


class Stderr:
    """The stderr of the moment of writing, not the one at configuration."""

    def write(self, text: str) -> int:
        """Write to it."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


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

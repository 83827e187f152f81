"""The attempts that were acknowledged before this process began, read from landing."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from sighten_warehouse.landing.files import landing_files, read_raw_lines

Attempt = tuple[bytes, bytes]
"""The `webhook-id` and `webhook-timestamp` of a delivery."""

log = structlog.get_logger()


class _Line(msgspec.Struct):
    headers: dict[str, str]


_decode = msgspec.json.Decoder(_Line).decode


def landed_attempts(landing: Path, *, since: float) -> Iterator[Attempt]:
    """The attempts in landing files that were written since then (seconds since 1970), the newest file first.

    What cannot be read is logged and left out: a receiver that does not start would lose more.
    """
    try:
        written = [(path.stat().st_mtime, path) for path in map(landing.joinpath, landing_files(landing))]
    except OSError as error:
        log.warning("replay_memory_incomplete", landing=str(landing), error=repr(error))
        return
    for _, path in sorted(found for found in written if found[0] >= since)[::-1]:
        try:
            for raw in read_raw_lines(path):
                headers = _decode(raw).headers
                if "webhook-id" in headers and "webhook-timestamp" in headers:
                    yield headers["webhook-id"].encode("latin-1"), headers["webhook-timestamp"].encode("latin-1")
        except (OSError, ValueError) as error:
            log.warning("replay_memory_incomplete", landing_file=str(path), error=repr(error))

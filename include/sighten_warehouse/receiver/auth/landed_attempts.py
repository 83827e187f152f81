"""The attempts that were acknowledged before this process began, read from landing."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import structlog

from sighten_warehouse.durable import drop_here
from sighten_warehouse.errors import StorageError
from sighten_warehouse.landing.files import SUFFIXES, landing_files, read_raw_lines
from sighten_warehouse.remotes import remote_of

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
        written = _written_since(landing, since)
    except (OSError, StorageError) as error:
        log.warning("replay_memory_incomplete", landing=str(landing), error=repr(error))
        return
    for path in written:
        try:
            if remote := remote_of(path):
                remote.bring(path)
            for raw in read_raw_lines(path):
                headers = _decode(raw).headers
                if "webhook-id" in headers and "webhook-timestamp" in headers:
                    yield headers["webhook-id"].encode("latin-1"), headers["webhook-timestamp"].encode("latin-1")
        except (OSError, ValueError, StorageError) as error:
            log.warning("replay_memory_incomplete", landing_file=str(path), error=repr(error))
        finally:
            if remote_of(path):  # it was brought for this
                drop_here(path)


def _written_since(landing: Path, since: float) -> list[Path]:
    """The landing files that were written since then, the newest first."""
    if remote := remote_of(landing):
        return [path for path in remote.stored_since(landing, since) if path.name.endswith(SUFFIXES)]
    written = [(path.stat().st_mtime, path) for path in map(landing.joinpath, landing_files(landing))]
    return [path for _, path in sorted(found for found in written if found[0] >= since)[::-1]]

"""By what a delivery of the past is known again, whatever file it comes from, so that none is landed twice."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VERSION_7, _VARIANT = 7 << 76, 2 << 62
_BYTES_OF_TIME = 6


def imported_id(body_digest: bytes, *, received_at: datetime, own_time: datetime | None, before: int) -> str:
    """The landing id: a UUIDv7 of the time, whose other 74 bits are a digest of what the delivery is known by.

    That is its bytes, of which `body_digest` is the SHA-256; the time of its own, if it has one besides its file's; and
    how many of the same bytes its file holds before it.
    """
    own = "" if own_time is None else str((own_time - _EPOCH) // _MICROSECOND)
    digest = hashlib.sha256(b"%s %s %d" % (body_digest, own.encode(), before)).digest()
    bits = int.from_bytes(digest[:10])
    high, low = bits >> 68, bits & (2**62 - 1)
    milliseconds = (received_at - _EPOCH) // timedelta(milliseconds=1)
    return str(UUID(int=(milliseconds << 80) | _VERSION_7 | (high << 64) | _VARIANT | low))


def key(landing_id: str, *, source: str) -> bytes:
    """By what landing is asked whether it has the delivery: of an imported one all of the id but its time."""
    whole = UUID(landing_id).bytes
    return whole[_BYTES_OF_TIME:] if source == "import" else whole

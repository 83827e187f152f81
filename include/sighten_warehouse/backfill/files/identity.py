"""Content-derived ids of past deliveries, so that importing one twice lands it once, from whatever file."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_VERSION_7, _VARIANT = 7 << 76, 2 << 62
_BYTES_OF_TIME = 6


def imported_id(body_digest: bytes, *, received_at: datetime, own_time: datetime | None, before: int) -> str:
    """The landing id: a UUIDv7 of the time, whose other 74 bits are a digest that identifies the delivery.

    The digest covers the SHA-256 of the body, its own time if it has one (not that of its file), and the number of
    equal bodies before it in its file.
    """
    own = "" if own_time is None else str((own_time - _EPOCH) // _MICROSECOND)
    digest = hashlib.sha256(b"%s %s %d" % (body_digest, own.encode(), before)).digest()
    bits = int.from_bytes(digest[:10])
    high, low = bits >> 68, bits & (2**62 - 1)
    milliseconds = (received_at - _EPOCH) // timedelta(milliseconds=1)
    return str(UUID(int=(milliseconds << 80) | _VERSION_7 | (high << 64) | _VARIANT | low))


def key(landing_id: str, *, source: str) -> bytes:
    """The key that identifies a delivery in landing: its id; for imported ones, the id without the time."""
    whole = UUID(landing_id).bytes
    return whole[_BYTES_OF_TIME:] if source == "import" else whole

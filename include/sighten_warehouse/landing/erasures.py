"""Erasures: what was erased, as keyed digests by which it is known again, and the receipts."""

import hmac
import os
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from sighten_warehouse.durable import replace_durably, write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.layout import Layout

What = Literal["site", "email", "milestone"]
_KEY_BYTES = 32
_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure. It is in force from its begin, so that nothing of it is loaded again.

    Args:
        erasure_id: the time of its begin, which names its file.
        what: a site, an e-mail address, or a milestone.
        digest: the keyed digest of that id or address.
        digests: keyed digests of all that is erased wherever it is met: the address; or the id, and the ids of
            milestones, tasks, documents and quotes that belong to nothing else.
        begun_at: ISO 8601.
        finished_at: ISO 8601; None while it is unfinished.
        vault: the files of the vault to remove; empty once it is finished.
        erased: place → how many.
        version: the first published version without it.
    """

    erasure_id: str
    what: What
    digest: str
    digests: tuple[str, ...]
    begun_at: str
    finished_at: str | None = None
    vault: tuple[str, ...] = ()
    erased: dict[str, int] = {}
    version: str | None = None


class Tombstones:
    """Recognises erased ids and e-mail addresses by their keyed digests; the same key gives the same digests."""

    def __init__(self, key: bytes, *, ids: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
        self._key = key
        self.ids = frozenset(ids)
        self.addresses = frozenset(addresses)
        self._digest = lru_cache(maxsize=100_000)(self._uncached)

    def __bool__(self) -> bool:
        return bool(self.ids or self.addresses)

    def only(self, *, what: What, digests: Iterable[str]) -> "Tombstones":
        """Tombstones with the same key that recognise those digests only."""
        return Tombstones(self._key, addresses=digests) if what == "email" else Tombstones(self._key, ids=digests)

    def digest(self, text: str) -> str:
        """The keyed digest of an id or address, which are the same in upper and lower case."""
        return self._digest(text)

    def _uncached(self, text: str) -> str:
        return hmac.new(self._key, _canonical(text).encode(errors="surrogatepass"), "sha256").hexdigest()

    def is_erased_id(self, text: str) -> bool:
        """Whether the text is the id of something erased."""
        return bool(self.ids) and self.digest(text) in self.ids

    def is_erased_address(self, text: str) -> bool:
        """Whether the text is an erased e-mail address."""
        return bool(self.addresses) and self.digest(text) in self.addresses

    def mentions_id(self, text: str) -> bool:
        """Whether an erased id stands anywhere in the text."""
        return bool(self.ids) and any(self.is_erased_id(match) for match in _ID.findall(text))


def _canonical(text: str) -> str:
    stripped = text.strip()
    return str(UUID(stripped)) if _ID.fullmatch(stripped) else stripped.casefold()


def read_tombstones(layout: Layout) -> Tombstones:
    """Everything that was erased in this home, or is being erased.

    Raises:
        LakeError: a receipt or the key cannot be read.
    """
    found = read_erasures(layout)
    if not found:
        return Tombstones(b"")
    digests: dict[bool, set[str]] = {True: set(), False: set()}
    for erasure in found:
        digests[erasure.what == "email"].update(erasure.digests)
    return Tombstones(_read_key(layout), ids=digests[False], addresses=digests[True])


def read_erasures(layout: Layout) -> list[Erasure]:
    """The erasures of this home, oldest first.

    Raises:
        LakeError: a receipt cannot be read.
    """
    return [_read(path) for path in sorted(layout.erasures.glob("[!.]*.json"))]


def unfinished_erasures(layout: Layout) -> list[Erasure]:
    """The erasures that were begun and not finished.

    Raises:
        LakeError: as `read_erasures`.
    """
    return [erasure for erasure in read_erasures(layout) if erasure.finished_at is None]


def write_erasure(layout: Layout, erasure: Erasure) -> None:
    """Write the receipt; the erasure is in force from then on."""
    content = msgspec.json.format(msgspec.json.encode(erasure), indent=1)
    write_durably(layout.erasures / f"{erasure.erasure_id}.json", content)


def _read(path: Path) -> Erasure:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Erasure)
    except (OSError, msgspec.MsgspecError) as error:
        raise LakeError(f"{path}: expected the receipt of an erasure: {error}") from error


def new_tombstones(layout: Layout, *, dry_run: bool) -> Tombstones:
    """As `read_tombstones`, with the key that a new erasure needs; a dry run does not write it."""
    if not _key_file(layout).exists():
        if read_erasures(layout):
            _read_key(layout)  # which says that it is missing
        if dry_run:
            return Tombstones(secrets.token_bytes(_KEY_BYTES))
        replace_durably(_key_file(layout), _write_new_key)
    return read_tombstones(layout) if read_erasures(layout) else Tombstones(_read_key(layout))


def _key_file(layout: Layout) -> Path:
    return layout.erasures / "digests.key"


def _read_key(layout: Layout) -> bytes:
    path = _key_file(layout)
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise LakeError(f"{path}: expected the key of the digests of erasures: {error}") from error
    if len(key) != _KEY_BYTES:
        raise LakeError(f"{path}: {len(key)} bytes; expected the {_KEY_BYTES} bytes of the key of erasures")
    return key


def _write_new_key(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES) + "\n")

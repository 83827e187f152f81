"""An object store below one prefix: whole objects, conditional creation and replacement, retries that end."""

import os
import random
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, PreconditionError
from obstore.exceptions import UnauthenticatedError as NoCredentialsError
from obstore.store import from_url

from sighten_warehouse.errors import SettingError, StorageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")
PATIENCE_S = 60.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_QUERY = re.compile(r"\?[^\s\"')]+")  # of a signed address, which is a credential
_ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT")
_CREDENTIALS = "expected credentials that may list, read, write and delete there (docs/object-storage.md#credentials)"


@dataclass(frozen=True)
class Stored:
    """An object of a listing: its key below the store's prefix, what identifies its bytes, its size and its time."""

    key: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Content:
    """The bytes of an object, and what has to be given to replace just these."""

    data: bytes
    version: dict[str, str]


class Store:
    """The objects below a URL such as `s3://bucket/prefix`.

    A call that the store does not answer, or answers with 503 or another 5xx, is repeated for up to `patience_s`; then
    it raises StorageError. Credentials come from the environment or the platform.
    """

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        self.url = url
        self._patience_s = patience_s
        self._store = _open(url, patience_s)

    def put(self, key: str, content: bytes | Path) -> str:
        """Store the bytes, or those of the file, under the key; return what identifies them."""
        result = self._repeat(key, "write", lambda: obstore.put(self._store, key, content))
        return result["e_tag"] or ""

    def create(self, key: str, content: bytes) -> bool:
        """Store the bytes if there is no such object; whether they are there now.

        The content must be nobody else's: by it, a repeated call knows the object that it has created before its
        answer was lost.
        """
        return self._conditional(key, content, "create")

    def replace(self, key: str, content: bytes, *, known: Content | None) -> bool:
        """Store the bytes in place of the `known` ones, or if there are none; whether they are there now.

        As for `create`, the content must be nobody else's.
        """
        return self._conditional(key, content, "create" if known is None else known.version)

    def _conditional(self, key: str, content: bytes, mode: Any) -> bool:
        def attempt() -> bool:
            try:
                obstore.put(self._store, key, content, mode=mode)
            except (AlreadyExistsError, PreconditionError):
                # An attempt before this one may have done it, and its answer was lost.
                found = self.get(key)
                return found is not None and found.data == content
            return True

        return self._repeat(key, "write", attempt)

    def get(self, key: str) -> Content | None:
        """The object; None if there is none."""

        def read() -> Content:
            found = obstore.get(self._store, key)
            meta = found.meta
            version = {name: value for name in ("e_tag", "version") if (value := meta[name])}
            return Content(bytes(found.bytes()), version)

        with suppress(FileNotFoundError):
            return self._repeat(key, "read", read)
        return None

    def download(self, key: str, path: Path) -> str | None:
        """Write the object to the file; return what identifies its bytes, None if there is no such object."""

        def read() -> str:
            found = obstore.get(self._store, key)
            with path.open("wb") as file:
                for chunk in found.stream():
                    file.write(chunk)
            if path.stat().st_size != found.meta["size"]:
                raise ConnectionResetError("the answer was cut off")
            return found.meta["e_tag"] or ""

        with suppress(FileNotFoundError):
            return self._repeat(key, "read", read)
        return None

    def copy(self, key: str, other: str) -> str | None:
        """Copy the object within the store; return what identifies the copy, None if there is no such object."""

        def copy() -> str:
            obstore.copy(self._store, key, other)
            return obstore.head(self._store, other)["e_tag"] or ""

        with suppress(FileNotFoundError):
            return self._repeat(other, "write", copy)
        return None

    def size(self, key: str) -> int | None:
        """The size of the object; None if there is none."""
        with suppress(FileNotFoundError):
            return self._repeat(key, "read", lambda: obstore.head(self._store, key)["size"])
        return None

    def below(self, prefix: str) -> list[Stored]:
        """All objects below that folder, by key."""

        def read() -> list[Stored]:
            return [_stored(meta) for chunk in obstore.list(self._store, prefix, chunk_size=1000) for meta in chunk]

        return sorted(self._repeat(prefix, "list", read), key=lambda stored: stored.key)

    def level(self, prefix: str) -> tuple[Sequence[Stored], Sequence[str]]:
        """The objects of that folder itself, and the folders in it."""

        def read() -> tuple[Sequence[Stored], Sequence[str]]:
            found = obstore.list_with_delimiter(self._store, prefix)
            return [_stored(meta) for meta in found["objects"]], [*found["common_prefixes"]]

        return self._repeat(prefix, "list", read)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects, also those that are gone already."""

        def delete() -> None:
            with suppress(FileNotFoundError):
                obstore.delete(self._store, keys)

        if keys:
            self._repeat(keys[0], "delete", delete)

    def problem(self) -> str | None:
        """What makes this store unfit, found by a trial; None if nothing does.

        A store that ignores conditions would let two machines commit the same deliveries.
        """
        key, content = f".doctor/{uuid4()}", uuid4().bytes
        try:
            if not self.create(key, content):
                return "an object that was never there is said to exist"
            if self.create(key, uuid4().bytes):
                return "it does not honour `If-None-Match: *`: an object was created twice"
            found = self.get(key)
            if found is None or found.data != content:
                return "an object that was stored cannot be read"
            if key not in {stored.key for stored in self.below(".doctor")}:
                return "a stored object is not listed at once"
            newer = uuid4().bytes
            if not self.replace(key, newer, known=found) or self.replace(key, uuid4().bytes, known=found):
                return "it does not honour `If-Match`: an object was replaced that had changed"
        finally:
            self.delete([key])
        return None

    def clock(self) -> datetime:
        """What time it is for the store."""
        key = f".doctor/{uuid4()}"
        self.put(key, b"now")
        try:
            return self._repeat(key, "read", lambda: obstore.head(self._store, key)["last_modified"])
        finally:
            self.delete([key])

    def _repeat(self, key: str, what: str, call: Callable[[], T]) -> T:
        """The result of the call, repeated while the store is busy or cannot be reached.

        Raises:
            FileNotFoundError: there is no such object.
            StorageError: it did not work in time, or is not allowed.
        """
        ends, wait = time.monotonic() + self._patience_s, _FIRST_WAIT_S
        while True:
            try:
                return call()
            except FileNotFoundError:
                raise
            except (PermissionDeniedError, NoCredentialsError) as error:
                raise StorageError(f"{self._where(key)}: cannot {what}: not allowed; {_CREDENTIALS}") from error
            except (BaseError, OSError) as error:
                if time.monotonic() + wait > ends:
                    raise StorageError(
                        f"{self._where(key)}: cannot {what}: {_in_words(error)}; expected the store to answer within"
                        f" {self._patience_s:g} s. Nothing that was landed is lost: try again"
                    ) from error
            time.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  (so that many do not return at once)
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def _where(self, key: str) -> str:
        return f"{self.url}/{key}"


def _stored(meta: Any) -> Stored:
    return Stored(meta["path"], meta["e_tag"] or "", meta["size"], meta["last_modified"])


def _in_words(error: BaseException) -> str:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return _QUERY.sub("", first)[:300]


def _open(url: str, patience_s: float) -> "ObjectStore":
    # One call of the library is one attempt and its quick repetitions; `_repeat` bounds all of them.
    retries: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=patience_s)}
    options: Any = {"timeout": timedelta(seconds=max(patience_s / 2, 1)), "connect_timeout": timedelta(seconds=5)}
    if any(os.environ.get(name, "").startswith("http://") for name in _ENDPOINTS):
        options["allow_http"] = True  # whoever names such an address has decided so
    try:
        return from_url(url, client_options=options, retry_config=retries)
    except (BaseError, ValueError) as error:
        raise SettingError(f"SIGHTEN_HOME: {url}: cannot be opened: {_in_words(error)}; {_CREDENTIALS}") from error

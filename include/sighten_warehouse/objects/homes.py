"""Opens a home on object storage: the folder of this machine that stands for its URL."""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from sighten_warehouse.errors import SettingError, requires_extra
from sighten_warehouse.remotes import REMOTES

SCHEMES = ("s3", "gs", "az")
EXPECTED = "expected a folder, or s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///folder"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def is_url(home: str) -> bool:
    """Whether it is a URL and not a path."""
    return _URL.match(home) is not None


def open_home(home: str, *, cache: Path | None = None) -> Path:
    """The folder of the home: of `file://` the folder itself, otherwise its mirror below `cache`, now connected.

    Nothing is read or written yet.

    Raises:
        SettingError: it is no such URL, or the library for it is missing.
    """
    parts = urlsplit(home)
    scheme = parts.scheme.lower()
    if scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return Path(parts.path)
    if scheme not in SCHEMES or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise SettingError(f"SIGHTEN_HOME: {EXPECTED}, without user, password and query")
    url = f"{scheme}://{parts.netloc}{parts.path}".rstrip("/")
    root = _cache_folder(cache) / _name(url)
    if root not in REMOTES:
        connect(url, root)
    return root


def connect(url: str, root: Path) -> None:
    """Let the folder mirror what is below the URL; called anew in each process.

    Raises:
        MissingExtraError: the library for it is missing.
    """
    with requires_extra("objects", by=f"SIGHTEN_HOME: {url}"):
        from sighten_warehouse.objects.mirror import Mirror  # noqa: PLC0415  (a local home does not need the library)
        from sighten_warehouse.objects.store import Store  # noqa: PLC0415

    REMOTES[root] = Mirror(root, Store(url))


def connected() -> dict[Path, str]:
    """The mirrors of this process and their URLs, for another process to connect."""
    return {root: remote.url for root, remote in REMOTES.items()}


def _cache_folder(cache: Path | None) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return (cache or Path(base) / "sighten-warehouse").expanduser().resolve()


def _name(url: str) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "-", url).strip("-")[:60]
    return f"{words}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"

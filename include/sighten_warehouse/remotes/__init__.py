"""The folders whose files are on object storage too, where they count; a home on a local disk has none."""

from sighten_warehouse.remotes.files import (
    exists,
    fetch,
    files_in,
    folders_in,
    modified_at,
    pause_of,
    present,
    shown_place,
    size_of,
)
from sighten_warehouse.remotes.remote import REMOTES, Remote, remote_of

__all__ = [
    "REMOTES",
    "Remote",
    "exists",
    "fetch",
    "files_in",
    "folders_in",
    "modified_at",
    "pause_of",
    "present",
    "remote_of",
    "shown_place",
    "size_of",
]

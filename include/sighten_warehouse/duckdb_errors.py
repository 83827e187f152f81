"""DuckDB's errors in our words: another program's lock, what the disk refused, and too little memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.durable import DISK_ERRORS, describe_refusal
from sighten_warehouse.errors import FileLockedError, SettingError, StorageError

_LOCKED = "Could not set lock on file"


@contextmanager
def explain_lock(path: Path) -> Iterator[None]:
    """Open a file inside this context; DuckDB's error about a lock becomes one that says what to do.

    Raises:
        FileLockedError: another program has the file open for writing.
    """
    try:
        yield
    except duckdb.IOException as error:
        if _LOCKED not in str(error):
            raise
        raise FileLockedError(
            f"{path}: another program has it open for writing; expected readers only: close it there or open it "
            "read-only, or run `sighten-warehouse publish`, which replaces the file"
        ) from error


@contextmanager
def explain_refusal(folder: Path) -> Iterator[None]:
    """Write files below the folder inside this context; DuckDB's error about the disk becomes one in words.

    Raises:
        StorageError: the disk refused a write.
    """
    try:
        yield
    except duckdb.Error as error:
        for number in DISK_ERRORS:
            if os.strerror(number) in str(error):
                raise StorageError(describe_refusal(folder, number)) from error
        raise


@contextmanager
def explain_memory(limit: str) -> Iterator[None]:
    """Use an engine with that limit of memory inside this context; DuckDB's error about it names the setting.

    Raises:
        SettingError: the limit is too low.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise SettingError(f"SIGHTEN_PUBLISH_MEMORY: {limit} is too little for this home; expected more") from error

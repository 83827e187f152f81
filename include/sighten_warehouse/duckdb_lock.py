"""The error for a DuckDB file that another program has open for writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.errors import FileLockedError

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

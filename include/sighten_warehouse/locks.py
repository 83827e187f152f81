"""What the processes of this machine share: files, by locks, and cores."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sighten_warehouse.durable import OWNER_ONLY, ensure_folder, explaining_disk
from sighten_warehouse.layout import Layout

BEHIND_OTHERS = 10  # niceness


@contextmanager
def one_writer(layout: Layout, what: str) -> Iterator[None]:
    """Hold the lock `what` of this environment, waiting for it first; it is freed when its process dies.

    Raises:
        StorageError: the disk refused a write, of the lock or inside this context.
    """
    lock = layout.root / f".{what}.lock"
    with explaining_disk(layout.root):
        ensure_folder(lock.parent, mode=OWNER_ONLY)
        with lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextmanager
def writer_if_free(layout: Layout, what: str) -> Iterator[bool]:
    """Hold the lock `what` if nobody holds it, without waiting; yield whether it is held.

    Raises:
        StorageError: as `one_writer`.
    """
    lock = layout.root / f".{what}.lock"
    with explaining_disk(layout.root):
        ensure_folder(lock.parent, mode=OWNER_ONLY)
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                is_free = False
            else:
                is_free = True
            yield is_free


@contextmanager
def behind_others() -> Iterator[None]:
    """Let everybody else on the machine have the cores first; on Linux, only this thread and those it starts wait.

    Only root can go first again afterwards: so use it in a thread or process whose work ends with this context.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)  # on Linux, that of the thread
    os.setpriority(os.PRIO_PROCESS, 0, max(niceness, BEHIND_OTHERS))
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, niceness)

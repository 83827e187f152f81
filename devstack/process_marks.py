"""Finding and ending every process that carries a stack's mark, whatever its parent is now.

Airflow starts processes in process groups of their own, which outlive a killed parent. All inherit the environment, so
a variable in it marks them.
"""

import os
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

from devstack.waiting import DeadlineError, wait_until

MARK = "STACK_MARK"


def part_mark(mark: str, part: str) -> str:
    """The mark of a part of the stack; a search for the whole stack's mark finds it too."""
    return f"{mark}|{part}"


def mark_environment(mark: str) -> dict[str, str]:
    """The environment variables that mark a process and all its descendants."""
    # Without SPT_NOENV, setproctitle, which Airflow calls, overwrites the environment that other processes see.
    return {MARK: mark, "SPT_NOENV": "1"}


def find_marked(mark: str) -> list[psutil.Process]:
    """All other processes of this user that carry the mark, or the mark of one of its parts."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _carries(process, mark)]


def _carries(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        found = process.environ().get(MARK, "")
        return bool(found == mark or found.startswith(part_mark(mark, "")))
    return False


def end_marked(mark: str, *, grace_seconds: float) -> int:
    """Terminate all marked processes, kill those left after the grace time, and return how many there were."""
    ended: set[int] = set()
    for signal_all in (psutil.Process.terminate, psutil.Process.kill):
        # Search again before the kill: a process may have started another one meanwhile.
        found = find_marked(mark)
        if not found:
            break
        ended.update(process.pid for process in found)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                signal_all(process)
        # Search instead of waiting for each: an orphan that nobody reaps stays a zombie, and counts as ended.
        with suppress(DeadlineError):
            wait_until(lambda: not find_marked(mark), what="their end", seconds=grace_seconds, every=0.1)
    return len(ended)

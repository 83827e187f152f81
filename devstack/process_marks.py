"""Finding and ending every process that carries a stack's mark, whoever its parent is now.

Airflow's processes start others in process groups of their own, which outlive a parent that is killed. All inherit the
environment, so a variable in it tells whose they are.
"""

import os
from contextlib import suppress

import psutil  # type: ignore[import-untyped]

from devstack.waiting import DeadlineError, wait_until

MARK = "STACK_MARK"


def part_of(mark: str, part: str) -> str:
    """The mark of a part: whoever looks for the whole finds it too."""
    return f"{mark}|{part}"


def marking(mark: str) -> dict[str, str]:
    """The environment that marks a process and all it starts."""
    # setproctitle, which Airflow calls, would otherwise overwrite the environment that others can see.
    return {MARK: mark, "SPT_NOENV": "1"}


def find_marked(mark: str) -> list[psutil.Process]:
    """All other processes of this user that carry the mark, or that of a part of it."""
    return [process for process in psutil.process_iter() if process.pid != os.getpid() and _carries(process, mark)]


def _carries(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        found = process.environ().get(MARK, "")
        return bool(found == mark or found.startswith(part_of(mark, "")))
    return False


def end_marked(mark: str, *, grace_seconds: float) -> int:
    """Ask all that carry the mark to end, kill what did not within the grace time; returns how many there were."""
    ended: set[int] = set()
    for signal_all in (psutil.Process.terminate, psutil.Process.kill):
        # Asked again after the first round: a process may have started another one meanwhile.
        found = find_marked(mark)
        if not found:
            break
        ended.update(process.pid for process in found)
        for process in found:
            with suppress(psutil.NoSuchProcess):
                signal_all(process)
        # Looked for again rather than waited for: an orphan that nobody reaps stays a zombie, and that is ended too.
        with suppress(DeadlineError):
            wait_until(lambda: not find_marked(mark), what="their end", seconds=grace_seconds, every=0.1)
    return len(ended)

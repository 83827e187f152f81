"""A process that ends the stack's other processes once the supervisor has ended, even if it was killed.

It reads a pipe whose other end the supervisor holds; the pipe closes when the supervisor ends.
"""

import os
import subprocess
import sys

from devstack.process_marks import end_marked, mark_environment, part_mark

GRACE_SECONDS = 10.0


def start_reaper(mark: str) -> subprocess.Popen[bytes]:
    """Start a reaper for that mark; it acts when the `stdin` of the returned process is closed."""
    return subprocess.Popen(
        [sys.executable, "-m", "devstack.reaper", mark],
        stdin=subprocess.PIPE,
        # The next run must end it, if it is still at work then: it would end that run's processes too.
        env=os.environ | mark_environment(part_mark(mark, "reaper")),
        start_new_session=True,  # Ctrl-C at the terminal must not reach it
    )


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_marked(sys.argv[1], grace_seconds=GRACE_SECONDS)

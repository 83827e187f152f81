"""A process that outlives the supervisor only to end what it left running, even if it was killed.

It reads a pipe whose other end the supervisor holds: the pipe ends when the supervisor does, in whatever way.
"""

import subprocess
import sys

from devstack.process_marks import end_marked

GRACE_SECONDS = 10.0


def start_reaper(mark: str) -> subprocess.Popen[bytes]:
    """Watch over everything with that mark from now on, until the returned process' `stdin` is closed."""
    return subprocess.Popen(
        [sys.executable, "-m", "devstack.reaper", mark],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C at the terminal is for the supervisor alone
    )


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_marked(sys.argv[1], grace_seconds=GRACE_SECONDS)

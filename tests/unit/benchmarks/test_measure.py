import os
import sys

import pytest

from benchmarks.measure import run_measured

SMALL = "import os, subprocess, sys; os.posix_spawn(sys.executable, [sys.executable, '-c', sys.argv[1]], os.environ)"
CHILD = (
    "import time; held = bytearray(100 << 20); end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
)
WAITS = "; os.wait()"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="expected Linux")


def test_the_work_and_memory_of_a_process_of_the_process_are_counted() -> None:
    measured = run_measured([sys.executable, "-c", SMALL + WAITS, CHILD], env=os.environ)

    assert 0.2 <= measured.cpu < 5
    assert 100 <= measured.process_mib <= measured.tree_mib


def test_the_memory_of_whoever_measures_is_not_counted() -> None:
    held = bytearray(100 << 20)

    measured = run_measured([sys.executable, "-I", "-S", "-c", ""], env=os.environ)

    assert held
    assert 0 < measured.process_mib < 100


def test_a_command_that_fails_is_an_error_with_its_last_words() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)exit code 3\nno such"):
        run_measured(
            [sys.executable, "-c", "import sys; print('no such', file=sys.stderr); sys.exit(3)"], env=os.environ
        )

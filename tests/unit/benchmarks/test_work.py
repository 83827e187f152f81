import platform
import shutil
import sys

import pytest

from benchmarks.work import work_of_a_payload

# By version of Python, since each calls and allocates differently.
EXPECTED = {(3, 11): {"calls": 179, "allocations": 808}}


@pytest.mark.skipif(
    platform.system() != "Linux" or shutil.which("cc") is None or sys.version_info[:2] not in EXPECTED,
    reason="expected Linux, a C compiler and a Python of which the work is known",
)
def test_loading_a_payload_is_as_much_work_as_it_was() -> None:
    expected = EXPECTED[sys.version_info[:2]]

    counted = work_of_a_payload()

    # Where it has become less, lower the figures above: else a later growth is not seen.
    assert {name: pytest.approx(count, rel=0.1) for name, count in expected.items()} == counted

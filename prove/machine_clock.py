"""The clock of all product processes of a fault run, which jumps while they run."""

import mmap
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "tests/dates/clock.c"
_SECONDS = struct.Struct("<q")


class MachineClock:
    """A clock that can be set; processes that are started after `take_over` go by it, this one does not."""

    def __init__(self, folder: Path) -> None:
        path = folder / "clock"
        path.write_bytes(_SECONDS.pack(0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _SECONDS.size)
        self._path = path
        self._library = folder / "clock.so"
        self.can_jump = self._compile()

    def _compile(self) -> bool:
        compiler = shutil.which(os.environ.get("CC", "cc"))
        if compiler is None or sys.platform != "linux":
            return False
        made: list[str | Path] = [compiler, "-shared", "-fPIC", "-O2", "-w", "-o", self._library, SOURCE, "-ldl"]
        return subprocess.run(made, capture_output=True, check=False).returncode == 0

    def take_over(self) -> None:
        """Let processes that are started from now on go by this clock."""
        if self.can_jump:
            os.environ |= {"LD_PRELOAD": str(self._library), "CLOCK_SHIFT_FILE": str(self._path)}

    def jump(self, seconds: int) -> None:
        """Set the clock that far from the machine's; 0 sets it right."""
        _SECONDS.pack_into(self._shared, 0, seconds)

    def seconds(self) -> float:
        """The time by this clock, in seconds since 1970."""
        shift: int = _SECONDS.unpack_from(self._shared, 0)[0]
        return time.time() + shift

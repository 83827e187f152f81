"""The home of a fault run: a small file system of its own where that can be mounted, else a folder."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sighten_warehouse.settings import Settings, read_settings

MEGABYTES = 400
SECRET = "whsec_" + "cHJvdmU6IGEga2V5IGZvciBhIGZhdWx0IHJ1bg=="
TOKEN = "prove"  # noqa: S105  (of the simulated API)
SMALLEST_FILE = 16 * 1024  # what a process may write while its limit stands for a full disk
HIDDEN = ".full"


class Home:
    """The folder, its settings, and its disk, which can be made full."""

    def __init__(self, folder: Path, *, is_mounted: bool, api_url: str) -> None:
        self.folder = folder
        self.is_mounted = is_mounted
        self.env = {
            "SIGHTEN_HOME": str(folder / "home"),
            "SIGHTEN_WEBHOOK_AUTH": "hmac",
            "SIGHTEN_WEBHOOK_HEADER": "webhook-signature",
            "SIGHTEN_WEBHOOK_SECRET": SECRET,
            "SIGHTEN_API_URL": api_url,
            "SIGHTEN_API_TOKEN": TOKEN,
            "SIGHTEN_API_RATE": "50",
            "SIGHTEN_PARQUET_EVERY": "30",
            "SIGHTEN_MAX_BODY_BYTES": "1000000",
        }

    @property
    def settings(self) -> Settings:
        """The settings of its processes."""
        return read_settings(self.env)

    @contextmanager
    def full(self, processes: Iterable[int]) -> Iterator[str]:
        """Let the disk be full in this context; yields how: the file system is full, or files may not grow.

        The second is for a folder that shares its disk with others: a limit for those processes.
        """
        if self.is_mounted:
            with _filled(self.folder / HIDDEN):
                yield "a full tmpfs"
            return
        limited = [process for process in processes if _limit(process, SMALLEST_FILE)]
        yield "a limit of file size"
        for process in limited:
            _limit(process, resource.RLIM_INFINITY)


@contextmanager
def _filled(ballast: Path) -> Iterator[None]:
    try:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                os.posix_fallocate(file.fileno(), file.tell(), 1 << 20)
                file.seek(1 << 20, os.SEEK_CUR)
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _limit(process: int, size: int) -> bool:
    try:
        _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard if size == resource.RLIM_INFINITY else size, hard))
    except OSError:
        return False  # it has ended meanwhile
    return True


@contextmanager
def new_home(folder: Path, *, api_url: str) -> Iterator[Home]:
    """A home below the folder, on a small tmpfs if this process may mount one; gone afterwards."""
    folder.mkdir()
    is_mounted = _call("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700", "sighten-prove", str(folder))
    try:
        yield Home(folder, is_mounted=is_mounted, api_url=api_url)
    finally:
        if is_mounted:
            _call("umount", "--lazy", str(folder))


def _call(name: str, *arguments: str) -> bool:
    """Whether the machine has that program, and it succeeds."""
    program = shutil.which(name)
    return (
        program is not None and not subprocess.run([program, *arguments], capture_output=True, check=False).returncode
    )

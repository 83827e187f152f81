"""A home on disk, used through the command as a user does."""

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Measured, run_measured
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.settings import Settings, read_settings

COMMAND = Path(sys.executable).with_name("sighten-warehouse")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}


@dataclass(frozen=True)
class Home:
    """A home with default settings."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of its commands."""
        return PLAIN | {"SIGHTEN_HOME": str(self.folder)}

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return read_settings({"SIGHTEN_HOME": str(self.folder)})

    @property
    def layout(self) -> Layout:
        """Its paths."""
        return self.settings.layout

    def run(self, *arguments: str | Path) -> Measured:
        """Run a command of the product."""
        return run_measured([COMMAND, *arguments], env=self.env)

    def land(self, bodies: Iterable[bytes]) -> None:
        """Land the bodies as one landing file, as the receiver does for senders that wait together."""
        now = datetime.now(UTC)
        landed = [landing_line(body, landing_id=new_landing_id(), received_at=now) for body in bodies]
        write_landing_file(self.layout.landing, landed, received_at=now)

    def copy_to(self, folder: Path) -> "Home":
        """A copy of the home, in place of what the folder holds."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, symlinks=True)
        return Home(folder)


def disk_bytes(folder: Path) -> int:
    """The space on disk below the folder; a file with several names counts once."""
    found = {path.lstat().st_ino: path.lstat().st_blocks * 512 for path in folder.rglob("*") if not path.is_symlink()}
    return sum(found.values())

"""The tour: its commands, run one after the other in one shell, print what the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.conftest import free_ports
from support.documents import commands_with_output
from support.repository import ROOT

PAGE = Path("docs/tour.md")
END = "-- end of a block --"
# What is another each time: ids, when the test ran, how many deliveries shared an fsync.
VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{8}T\d{6}\.\d{6}Z|20[2-9]\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d+|\d+ landing files"
)


def steady(printed: str) -> list[str]:
    lines = [re.sub(" +", " ", VARIES.sub("…", line)).rstrip() for line in printed.splitlines()]
    return [line for line in lines if line]


@pytest.mark.big
def test_the_commands_of_the_tour_print_what_it_shows(tmp_path: Path) -> None:
    [port] = free_ports(1)
    blocks = commands_with_output(PAGE)
    script = "\n".join(f"{commands}\necho '{END}'" for commands, _ in blocks)
    home = re.findall(r"SIGHTEN_HOME=(\S+)", script)[0]
    script = script.replace(home, str(tmp_path / "home")).replace("8088", str(port))
    script = script.replace("$PWD/.venv/bin", str(Path(sys.executable).parent))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SIGHTEN_")}

    ran = subprocess.run(
        ["/usr/bin/env", "bash", "-c", f"trap 'kill $(jobs -p) 2>/dev/null' EXIT\n{script}"],
        cwd=ROOT,
        env=inherited | {"SIGHTEN_RECEIVER_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    printed = ran.stdout.split(f"{END}\n")
    assert 6 < len(blocks) < len(printed), ran.stderr
    assert [steady(shown) for _, shown in blocks] == [steady(text) for text in printed[: len(blocks)]], ran.stderr
    assert (tmp_path / "home/report.html").stat().st_size > 100_000

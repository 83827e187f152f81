"""Makes the small home of a release that `test_upgrades.py` opens with today's code; how: tests/corpus/homes/README.md.

Uses only commands that every release has: `receive`, `load`, `publish`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from support.factories import SAMPLE_BYTES, a_milestone

COMMAND = "from sighten_warehouse.cli.main import run_alone; run_alone()"
APPROVED = a_milestone("kept", at="2025-04-01T00:00:00Z", status="APPROVED")
BATCHES = ([SAMPLE_BYTES, b"no json"], [json.dumps(a_milestone("kept")).encode()], [json.dumps(APPROVED).encode()])
PENDING = json.dumps(a_milestone("pending")).encode()


def make(release: Path, archive: Path) -> None:
    """Let the code of a release land, load and publish a few deliveries, and pack its home."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "SIGHTEN_HOME": folder, "PYTHONPATH": str(release / "include")}
        for bodies in BATCHES:
            deliver(bodies, env)
            for step in ("load", "publish"):
                subprocess.run([sys.executable, "-c", COMMAND, step], env=env, check=False)
        deliver([PENDING], env)
        with tarfile.open(archive, "w:xz") as packed:
            packed.add(folder, "home", filter=kept)


def deliver(bodies: list[bytes], env: dict[str, str]) -> None:
    listen = [sys.executable, "-c", COMMAND, "receive", "--port", "0"]
    with subprocess.Popen(listen, env=env, stdout=subprocess.PIPE, text=True) as receiver:
        line = receiver.stdout.readline() if receiver.stdout else ""
        [url] = re.findall(r"http://127\.0\.0\.1:\d+", line)
        for body in bodies:
            urllib.request.urlopen(f"{url}/webhooks/sighten", data=body, timeout=30).close()
        receiver.send_signal(signal.SIGTERM)


def kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """What of the home is packed: nothing that a publish makes again, and nobody's name."""
    parts = Path(member.name).parts[2:]  # below home/production
    is_of_versions = parts[:1] == ("published",) and member.isfile() and not (len(parts) == 3 and is_manifest(parts[2]))
    is_made_again = parts[:1] == ("work",) or is_of_versions
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return None if is_made_again or any(part.startswith(".") for part in parts) else member


def is_manifest(name: str) -> bool:
    return name.endswith((".json", ".ndjson"))


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))

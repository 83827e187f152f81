"""The short form of `make prove`: real receivers, loaders and publishers that are killed under load."""

import subprocess
import sys
from pathlib import Path

import pytest

from prove.figures import read_figures

pytestmark = pytest.mark.e2e
REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_few_kills_lose_nothing_and_leave_nothing_behind(tmp_path: Path) -> None:
    folder, kept = tmp_path / "run", tmp_path / "figures.json"
    options = ["--short", "--seed", "1", "--folder", str(folder), "--add-to", str(kept)]

    run = subprocess.run(
        [sys.executable, "-m", "prove", *options], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    found = read_figures(kept)
    assert (0, []) == (run.returncode, found.broken), run.stdout + run.stderr
    assert 6 <= found.killed
    assert 1 <= found.acknowledged <= found.landed
    assert (0, 0, 0, 1) == (found.lost, found.doubled, found.mixed_reads, found.balances)
    assert {"`rebuild`": 1} == found.healed
    assert "every promise held." in run.stdout
    assert [] == list(folder.glob("life-*"))

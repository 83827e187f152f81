"""How a run of a command may end: well, with an error in words, or by the signal that it was sent."""

import signal
from pathlib import Path

from prove.figures import Figures

EXPECTED = {0, 1, -signal.SIGKILL, -signal.SIGTERM}


def judge(figures: Figures, run: str, exit_code: int | None, output: Path, *, is_harmed: bool) -> None:
    """Count the ending, or the promise that it broke; the output is kept only then."""
    text = output.read_text(errors="replace") if output.exists() else ""
    if "Traceback (most recent call last)" in text:
        figures.breaks("an error is said in words", f"{run}: {text.strip().splitlines()[-1]}", output)
    elif exit_code not in EXPECTED or (exit_code < 0 and not is_harmed):
        figures.breaks("ends by itself or by a signal", f"{run}: exit code {exit_code}", output)
    else:
        figures.explained += exit_code == 1
        output.unlink(missing_ok=True)

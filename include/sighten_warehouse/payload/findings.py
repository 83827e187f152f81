"""What is learned of a payload while it is conformed: its watermark, and whatever was not met before."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sighten_warehouse.payload.json_text import json_text

MOST_EXAMPLE_CHARACTERS = 200
MOST_DRIFT_PATHS = 200


@dataclass(frozen=True)
class Drift:
    """One thing about a payload that was not met before or does not add up; it never costs more than its cell."""

    path: str
    drift: str
    expected: str
    example: str
    occurrences: int


@dataclass
class Findings:
    """What is learned of a whole payload while its parts are conformed."""

    watermark: datetime | None = None
    drift: dict[tuple[str, str], Drift] = field(default_factory=dict)

    def report(self, path: str, drift: str, *, expected: str, example: Any) -> None:
        """Count one occurrence of drift; the first gives the example."""
        known = self.drift.get((path, drift))
        if known is None:
            if len(self.drift) >= MOST_DRIFT_PATHS:
                path, drift, example = "", "more_drift", f"more than {MOST_DRIFT_PATHS} paths"
                known = self.drift.get((path, drift))
            text = json_text(example)[:MOST_EXAMPLE_CHARACTERS]
            before = known.occurrences if known else 0
            self.drift[path, drift] = Drift(path, drift, expected, text, before + 1)
        else:
            self.drift[path, drift] = Drift(path, drift, known.expected, known.example, known.occurrences + 1)

    def see(self, moment: datetime) -> None:
        """The watermark is the newest of all timestamps seen."""
        if self.watermark is None or moment > self.watermark:
            self.watermark = moment


@dataclass(frozen=True)
class At:
    """Where in the payload something stands, and where to report what is found there."""

    path: str
    findings: Findings

    def report(self, key: str, drift: str, *, expected: str, example: Any) -> None:
        """Count one occurrence of drift at that key."""
        self.findings.report(self.path + key, drift, expected=expected, example=example)

    def below(self, key: str) -> "At":
        """The place one level further down."""
        return At(f"{self.path}{key}.", self.findings)

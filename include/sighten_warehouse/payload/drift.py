"""Findings while a payload is conformed: its watermark, and drift."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sighten_warehouse.payload.json_text import json_text, text_column

MAX_EXAMPLE_CHARACTERS = 200
MAX_DRIFT_PATHS = 200


def example_of(value: Any) -> str:
    """The value as shortened JSON, for display."""
    return json_text(value)[:MAX_EXAMPLE_CHARACTERS]


@dataclass
class Drift:
    """Something new or inconsistent in a payload; it costs at most its own cell."""

    path: str
    drift: str
    expected: str
    example: str
    occurrences: int
    code_field: str | None = None


@dataclass
class Findings:
    """The watermark and the drift of one payload."""

    watermark: datetime | None = None
    drift: dict[tuple[str, str, str | None], Drift] = field(default_factory=dict)

    def report(self, path: str, drift: str, *, expected: str, example: Any, code_field: str | None = None) -> None:
        """Count one occurrence of drift; the first gives the example. Each unknown code is counted on its own."""
        path = text_column(path)  # it names keys of the payload, which may be any text
        key = (path, drift, example_of(example) if code_field else None)
        if key not in self.drift and len(self.drift) >= MAX_DRIFT_PATHS:
            path, drift, example, code_field = "", "more_drift", f"more than {MAX_DRIFT_PATHS} paths", None
            key = (path, drift, None)
        if key not in self.drift:
            self.drift[key] = Drift(path, drift, expected, example_of(example), 0, code_field)
        self.drift[key].occurrences += 1

    def see(self, moment: datetime) -> None:
        """Raise the watermark to this timestamp, if newer."""
        if self.watermark is None or moment > self.watermark:
            self.watermark = moment


class At(msgspec.Struct, frozen=True):
    """A place in the payload, and the findings to report to.

    Made once for each entity; a dataclass would take several times as long to make.
    """

    path: str
    findings: Findings

    def report(self, key: str, drift: str, *, expected: str, example: Any, code_field: str | None = None) -> None:
        """Count one occurrence of drift at that key."""
        self.findings.report(self.path + key, drift, expected=expected, example=example, code_field=code_field)

    def below(self, key: str) -> "At":
        """The place one level below."""
        return At(f"{self.path}{key}.", self.findings)

"""The time of receiving of a past delivery: from a field of its body, the name of its file, or the file's time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.decode import decode_body
from sighten_warehouse.payload.repair import parse_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MIN_MILLISECONDS = 10**11  # in seconds this would be after the year 5000
_DAY = timedelta(days=1)
_DIRECTIVES = {
    "%Y": r"\d{4}",
    "%m": r"\d{2}",
    "%d": r"\d{2}",
    "%j": r"\d{3}",
    "%y": r"\d{2}",
    "%H": r"\d{2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%f": r"\d{1,6}",
    "%z": r"(?:Z|[+-]\d{2}:?\d{2})",
    "%b": r"[A-Za-z]{3}",
    "%%": "%",
}
_GROUPS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class NamePattern:
    """A pattern for times in paths: `strptime` parses the match; if it is None, named groups give the parts."""

    found: re.Pattern[str]
    strptime: str | None

    def time_in(self, origin: str) -> datetime | None:
        """The last time in the path, as UTC if it has no zone; None if there is none."""
        for match in reversed(list(self.found.finditer(origin))):
            try:
                return _utc(self._read(match))
            except (ValueError, OverflowError):
                continue
        return None

    def _read(self, match: re.Match[str]) -> datetime:
        if self.strptime:
            return datetime.strptime(match.group(), self.strptime)  # noqa: DTZ007  (without a zone: UTC)
        parts = match.groupdict()
        if parts.get("epoch"):
            return _of_number(float(parts["epoch"]))
        year, month, day, hour, minute, second = (int(parts.get(name) or 0) for name in _GROUPS)
        microsecond = int(f"{parts.get('fraction') or 0:0<6}"[:6])
        return datetime(year, month or 1, day or 1, hour, minute, second, microsecond, tzinfo=UTC)


def name_pattern(text: str) -> NamePattern:
    """Parse a pattern: strptime directives, or a regular expression with named groups.

    Raises:
        ValueError: the pattern is neither.
    """
    if "(?P<" not in text:
        pieces = re.split(r"(%.?)", text)
        unknown = [piece for piece in pieces[1::2] if piece not in _DIRECTIVES]
        if unknown or "%" not in text:
            raise ValueError(f"{text!r}: expected some of the directives {' '.join(_DIRECTIVES)}, or named groups")
        found = "".join(_DIRECTIVES[piece] if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
        return NamePattern(re.compile(found, re.ASCII), text)
    try:
        compiled = re.compile(text, re.ASCII)
    except re.error as error:
        raise ValueError(f"{text!r}: not a regular expression: {error}") from error
    if unknown_groups := set(compiled.groupindex) - {*_GROUPS, "fraction", "epoch"}:
        raise ValueError(f"group {', '.join(sorted(unknown_groups))}: expected {', '.join(_GROUPS)}, fraction or epoch")
    if not {"year", "epoch"} & set(compiled.groupindex):
        raise ValueError(f"{text!r}: expected a group named year or epoch")
    return NamePattern(compiled, None)


@dataclass(frozen=True, kw_only=True)
class Times:
    """How to find the time of receiving; times after `now` are not plausible."""

    field: str | None = None
    pattern: NamePattern | None = None
    now: datetime

    @property
    def requested(self) -> Literal["field", "name", "file"]:
        """The first source of the time."""
        return "field" if self.field else "name" if self.pattern else "file"

    def of_name(self, origin: str) -> datetime | None:
        """The time in the path, if there is a pattern and the time is plausible."""
        return self._plausible(self.pattern.time_in(origin)) if self.pattern else None

    def of_file(self, modified: datetime | None) -> datetime | None:
        """The time of the file, if plausible."""
        return self._plausible(modified)

    def of_body(self, body: bytes) -> datetime | None:
        """The time in the field of the body, if a field is requested and the time is plausible."""
        if self.field is None:
            return None
        try:
            value, _ = parse_text(decode_body(body, headers={}, content_type=None))
            for key in self.field.split("."):
                value = value[int(key)] if isinstance(value, list) else value[key]
            return self._plausible(_of_value(value))
        except (RejectedError, LookupError, TypeError, ValueError, OverflowError, ArithmeticError):
            return None

    def _plausible(self, time: datetime | None) -> datetime | None:
        # A zone or a slow clock may put a correct time slightly ahead of ours.
        return time if time and _EPOCH <= time <= self.now + _DAY else None


def _of_value(value: Any) -> datetime:
    if isinstance(value, bool) or not isinstance(value, str):
        return _of_number(float(value) if not isinstance(value, bool) else float("nan"))
    return _utc(datetime.fromisoformat(value.strip()))


def _of_number(number: float) -> datetime:
    """Seconds since 1970, or milliseconds if seconds would give a year after 5000."""
    return _EPOCH + timedelta(seconds=number / 1000 if number >= _MIN_MILLISECONDS else number)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

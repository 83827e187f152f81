"""One level of clean payloads as columns: all entities of one shape in some payloads, checked and flattened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from operator import attrgetter
from typing import Any

import pyarrow as pa

from sighten_warehouse.payload.codes import KNOWN_CODES
from sighten_warehouse.payload.drift import MAX_DRIFT_PATHS, At, Findings
from sighten_warehouse.payload.fit import UNFIT
from sighten_warehouse.payload.shapes import TYPES, Field, Shape
from sighten_warehouse.payload.structs import NOT_SENT

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_HEX = bytes.maketrans(b"123456789abcdef", b"000000000000000")
_ID, _MOMENT = b"00000000-0000-0000-0000-000000000000,", b"0000-00-00T00:00:00Z,"
_FRACTION, _YEAR_0 = b".000000Z,", b",0000-"


@dataclass
class Observed:
    """What was found in some payloads, by their index: not clean after all, newest timestamp, drift."""

    newest: list[str]
    findings: dict[int, Findings] = field(default_factory=dict)
    unclean: set[int] = field(default_factory=set)

    def of(self, payload: int) -> Findings:
        """The findings of that payload, to report drift to."""
        found = self.findings.setdefault(payload, Findings())
        if len(found.drift) >= MAX_DRIFT_PATHS - 1:  # which ones are left out beyond depends on their order
            self.unclean.add(payload)
        return found


@dataclass(frozen=True, kw_only=True)
class Level:
    """The entities of one shape, in order; for each the index of its payload and of its parent, and its position.

    `empty` is what the attribute of a key holds that was not sent.
    """

    shape: Shape
    rows: Sequence[Any]
    payloads: Sequence[int]
    parents: Sequence[int] = ()
    positions: Sequence[Any] = ()
    path: str = ""
    empty: Any = None

    def below(
        self, key: str, shape: Shape, *, lists: Sequence[Any] | None = None, path: str = "", empty: Any = None
    ) -> "Level":
        """The level of the children under that key; `lists` are the children of each row, if not the key's value."""
        given = list(map(attrgetter(key), self.rows)) if lists is None else lists
        sizes = [len(children) if children else 0 for children in given]
        return Level(
            shape=shape,
            rows=list(chain.from_iterable(filter(None, given))),
            payloads=list(chain.from_iterable(map(repeat, self.payloads, sizes))),
            parents=list(chain.from_iterable(map(repeat, range(len(sizes)), sizes))),
            positions=list(chain.from_iterable([range(1, size + 1) for size in sizes])),
            path=f"{self.path}{path or key}[].",
            empty=empty,
        )

    def columns(self, observed: Observed) -> dict[str, pa.Array]:
        """The columns of the shape's fields; what is wrong with a value is added to `observed`.

        In the rows, null and "None" are cleared, and ids and times respelt, as in the meaning.
        """
        return {known.name: self._column(known, observed) for known in self.shape.fields}

    def _column(self, known: Field, observed: Observed) -> pa.Array:
        values = self._values(known)
        if known.type in _AS_COLUMN:
            return self._spelt(known, values, observed)
        if known.none_is_null and "None" in values:
            values = self._cleared(known.key, values, "None")
        elif known.codes and known.codes in KNOWN_CODES:
            self._report_codes(known, values, observed)
        return pa.array(values, TYPES[known.type][1])

    def _values(self, known: Field) -> list[Any]:
        values = list(map(attrgetter(known.key), self.rows))
        if self.empty is not NOT_SENT:
            return values
        if None in values:
            self._cleared(known.key, values, None)
        return [None if value is NOT_SENT else value for value in values]

    def _cleared(self, key: str, values: list[Any], nothing: str | None) -> list[Any]:
        """The values without `nothing`, which is cleared in the rows too."""
        for row, value in zip(self.rows, values, strict=True):
            if value == nothing:
                setattr(row, key, self.empty)
        return [None if value == nothing else value for value in values]

    def _spelt(self, known: Field, values: list[str | None], observed: Observed) -> pa.Array:
        """The column of ids or times, spelt in one way."""
        as_column = _AS_COLUMN[known.type]
        column = as_column(values)
        if column is None:
            values = [self._respelt(known, index, value, observed) for index, value in enumerate(values)]
            column = as_column(values)
        if known.type == "timestamp":
            newest = observed.newest
            for payload, value in zip(self.payloads, values, strict=True):
                # Without its Z, a time with a fraction sorts after the same time without.
                if value is not None and value[:-1] > newest[payload]:
                    newest[payload] = value[:-1]
        return column

    def _respelt(self, known: Field, index: int, value: str | None, observed: Observed) -> str | None:
        """The id or time as the columns spell it, also in its row; a payload with one that is neither is not clean."""
        if value is None:
            return None
        fit = known.fit(value)
        if value == "None" and known.name != self.shape.identity:
            setattr(self.rows[index], known.key, self.empty)
        elif fit is UNFIT:
            observed.unclean.add(self.payloads[index])
        else:
            spelt = f"{fit.isoformat()}Z" if known.type == "timestamp" else str(fit)
            setattr(self.rows[index], known.key, spelt)
            return spelt
        return None

    def _report_codes(self, known: Field, values: list[str | None], observed: Observed) -> None:
        codes = KNOWN_CODES[str(known.codes)]
        unknown = set(values) - codes - {None}
        if not unknown:
            return
        expected = f"one of {', '.join(sorted(codes))}"
        for payload, value in zip(self.payloads, values, strict=True):
            if value in unknown:
                at = At(self.path, observed.of(payload))
                at.report(known.key, "unknown_code", expected=expected, example=value, code_field=known.codes)


def set_aside_repeated(levels: Sequence[Level], observed: Observed) -> None:
    """Add the payloads that hold an id twice."""
    ids = [row.uuid for level in levels for row in level.rows]
    if len(set(ids)) == len(ids):
        return
    seen: set[tuple[int, str]] = set()
    payloads = chain.from_iterable(level.payloads for level in levels)
    for key in zip(payloads, ids, strict=True):
        if key in seen:
            observed.unclean.add(key[0])
        seen.add(key)


def as_ids(values: Sequence[str | None]) -> pa.Array | None:
    """The column of ids in their canonical spelling; None if one is not."""
    text, count = _joined(values)
    # All at once, since a regular expression for each would take longer than decoding the payload.
    return pa.array(values, pa.string()) if text.translate(_HEX) == _ID * count else None


def as_moments(values: Sequence[str | None]) -> pa.Array | None:
    """The column of times in their canonical spelling, such as `2025-03-01T12:00:00Z`; None if one is not."""
    text, count = _joined(values)
    if text.translate(_DIGITS).replace(_FRACTION, b"Z,") != _MOMENT * count:
        return None
    if _FRACTION in text or text.startswith(_YEAR_0[1:]) or _YEAR_0 in text:
        return None
    try:
        return pa.array(values, pa.string()).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return None


def _joined(values: Sequence[str | None]) -> tuple[bytes, int]:
    """The texts with a comma after each, and how many there are."""
    try:
        text, count = ",".join(values), len(values)  # type: ignore[arg-type]  # null is an error
    except TypeError:
        spelt = [value for value in values if value is not None]
        text, count = ",".join(spelt), len(spelt)
    return (f"{text},".encode("utf-8", "replace"), count) if count else (b"", 0)


_AS_COLUMN: dict[str, Callable[[Sequence[str | None]], pa.Array | None]] = {"uuid": as_ids, "timestamp": as_moments}

"""The texts that the DAL answers in place of a value whose data baseline does not exist yet."""

import re
from typing import Any

# APPROVED_BASELINE_NONEXISTANT is the vendor's spelling; the other baselines' are formed after it, in either spelling.
_SENTINEL = re.compile(r"[A-Z]+(_[A-Z]+)*_NON_?EXIST[AE]NT")


def is_sentinel(value: Any) -> bool:
    """Whether this says "not yet" instead of a value."""
    return isinstance(value, str) and _SENTINEL.fullmatch(value.strip()) is not None

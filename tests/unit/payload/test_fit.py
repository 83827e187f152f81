"""Values that fit a column, and values that do not."""

import pytest

from sighten_warehouse.payload.fit import UNFIT, fit_uuid

USUAL = "0e843eaf-8191-43fc-a8b1-16c3df0f1399"
DIGITS = USUAL.replace("-", "")


@pytest.mark.parametrize(
    "spelling", [USUAL, USUAL.upper(), f"{{{USUAL}}}", f"URN:UUID:{USUAL}", DIGITS, f" {USUAL}\n", f"{{{DIGITS}}}"]
)
def test_a_uuid_is_stored_in_its_canonical_form(spelling: str) -> None:
    assert USUAL == fit_uuid(spelling)


@pytest.mark.parametrize(
    "spelling",
    [
        DIGITS[:-3] + "_" + DIGITS[-2:],  # Python's int() accepts this and the next three as hexadecimal numbers
        "0x" + DIGITS[2:],
        "+" + DIGITS[1:],
        "\uff11" + DIGITS[1:],
        DIGITS[:3] + "-" + DIGITS[3:],
        "{" + USUAL,
        USUAL + "0",
        "g" + USUAL[1:],
        "",
    ],
)
def test_similar_text_is_not_a_uuid(spelling: str) -> None:
    assert UNFIT is fit_uuid(spelling)

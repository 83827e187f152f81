"""One measured figure beside its target."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure; `value` is None where nothing measures it yet.

    `reduced`: the target's size is larger, which the verdict marks with a star. `size`: the deliveries of the home, if
    the figure depends on it.
    """

    key: str
    what: str
    value: float | None
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    reduced: bool = False
    size: int | None = None

    @property
    def measured(self) -> str:
        """The value with its unit."""
        return "not measured" if self.value is None else f"{number(self.value)} {self.unit}"

    @property
    def target(self) -> str:
        """The target with its unit."""
        if self.at_most is not None:
            return f"≤ {number(self.at_most)} {self.unit}"
        return "" if self.at_least is None else f"≥ {number(self.at_least)} {self.unit}"

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        if self.value is None or not self.target:
            return ""
        is_met = (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )
        return ("met" if is_met else "not met") + ("*" if self.reduced else "")


def number(value: float) -> str:
    """Three significant digits, whole numbers in full."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"

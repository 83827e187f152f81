"""The data baselines of DAL metrics, by the prefix of their names."""

BASELINES = {"p_": "proposed", "s_": "signed", "a_": "approved"}
LIVE = "live"


def baseline_of(metric: str, *, otherwise: str | None = None) -> str:
    """Return the data baseline of the metric's prefix; without one, that of the whole call."""
    prefix = metric[:2] if len(metric) > len("p_") else ""
    return BASELINES.get(prefix) or otherwise or LIVE

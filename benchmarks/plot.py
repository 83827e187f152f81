"""`docs/performance.svg`: two bar charts of the newest run."""

from collections.abc import Sequence
from html import escape

from benchmarks.figures import number
from benchmarks.runs import Run

WIDTH, LABELS, NUMBERS, ROW, TITLE = 720, 230, 80, 26, 40
OURS, OTHERS = "#1f6feb", "#8b949e"

Bar = tuple[str, float, str]


def draw(run: Run) -> str:
    """The charts as SVG; figures that the run lacks are left out."""
    payload = [
        ("dlt, tuned", run.value("dlt_ms"), OTHERS),
        ("load", run.value("load_ms"), OURS),
        ("publish", run.value("publish_ms"), OURS),
        ("limit: msgspec decodes", run.value("decode_ms"), OTHERS),
        ("limit: Parquet is written", run.value("parquet_ms"), OTHERS),
    ]
    publish = [(f"{size:,} deliveries in the home", run.value("publish_1_cpu", size), OURS) for size in run.sizes]
    charts = [("CPU a payload, ms", payload), ("CPU of a publish with one new delivery, without the copy, s", publish)]
    parts, y = [], 0
    for title, bars in charts:
        drawn = [(label, value, colour) for label, value, colour in bars if value is not None]
        parts.append(_chart(title, drawn, y))
        y += TITLE + ROW * len(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 12}" width="{WIDTH}" height="{y + 12}"'
        ' font-family="sans-serif" font-size="13" fill="#24292f">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{"".join(parts)}</svg>\n'
    )


def _chart(title: str, bars: Sequence[Bar], top: int) -> str:
    longest = max((value for _, value, _ in bars), default=1) or 1
    lines = [f'<text x="12" y="{top + 26}" font-weight="bold">{escape(title)}</text>\n']
    for row, (label, value, colour) in enumerate(bars):
        y = top + TITLE + ROW * row
        width = max(1, value / longest * (WIDTH - LABELS - NUMBERS))
        lines.append(
            f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="18" fill="{colour}"/>'
            f'<text x="{LABELS + width + 6:.1f}" y="{y + 14}">{number(value)}</text>\n'
        )
    return "".join(lines)

"""The weekly e-mail as HTML and as plain text.

E-mail programs show tables and inline styles, and little else, so there is nothing else: no script, no style sheet, no
picture, nothing to fetch.
"""

from collections.abc import Iterator, Sequence
from html import escape

from sighten_warehouse.escaping import printable
from sighten_warehouse.report.weekly import Weekly
from sighten_warehouse.report.weekly_content import Section, figures, introduction, sections, subject

TITLE = "Milestones report"
FOOT = (
    "The whole report: Sighten in Airflow, or `sighten-warehouse report --open`. This e-mail is sent once a week; it "
    "names no person, and masks rare names."
)
INK, MUTED, LINE, PAGE, CARD, BLUE = "#17212d", "#566373", "#dbe1e8", "#f4f6f8", "#ffffff", "#005f9e"
FONT = "font-family:Arial,Helvetica,sans-serif"
CELL = f"{FONT};font-size:13px;line-height:18px"
TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
FIGURES_IN_A_ROW = 3
BAR_SHARE = 100  # of the width of its cell, in percent


def as_html(weekly: Weekly) -> str:
    """The e-mail as HTML, for programs of any age; 600 pixels wide, less on a narrow screen."""
    parts = [
        f'<p style="margin:0;{FONT};font-size:13px;font-weight:bold;color:{BLUE}">Sighten Warehouse</p>',
        f'<h1 style="margin:0 0 6px;{FONT};font-size:22px;line-height:28px;color:{INK}">{TITLE}</h1>',
        _paragraph(introduction(weekly)),
        _figures(figures(weekly)),
        *(_section(section) for section in sections(weekly)),
        f'<p style="margin:20px 0 0;{FONT};font-size:12px;line-height:17px;color:{MUTED}">{_text(FOOT)}</p>',
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light">\n'
        f"<title>{escape(subject(weekly))}</title>\n</head>\n"
        f'<body bgcolor="{PAGE}" style="margin:0;padding:0;background-color:{PAGE};color:{INK}">\n'
        f'{TABLE} bgcolor="{PAGE}"><tr><td align="center" style="padding:16px 8px">\n'
        '<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" '
        f'bgcolor="{CARD}" style="width:100%;max-width:600px;border:1px solid {LINE}">'
        f'<tr><td style="padding:24px 20px">\n{body}\n</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n'
    )


def _paragraph(text: str) -> str:
    return f'<p style="margin:0 0 14px;{FONT};font-size:13px;line-height:19px;color:{MUTED}">{_text(text)}</p>'


def _figures(shown: Sequence[tuple[str, str, str]]) -> str:
    rows = [shown[place : place + FIGURES_IN_A_ROW] for place in range(0, len(shown), FIGURES_IN_A_ROW)]
    return f"{TABLE}>{''.join('<tr>' + ''.join(map(_figure, row)) + '</tr>' for row in rows)}</table>"


def _figure(figure: tuple[str, str, str]) -> str:
    name, value, detail = map(_text, figure)
    small = f"{FONT};font-size:12px;line-height:17px;color:{MUTED}"
    return (
        f'<td width="33%" valign="top" style="padding:10px 8px 10px 0;border-top:1px solid {LINE};{small}">{name}<br>'
        f'<strong style="{FONT};font-size:20px;line-height:28px;color:{INK}">{value}</strong><br>{detail}</td>'
    )


def _section(section: Section) -> str:
    heading = (
        f'<h2 style="margin:22px 0 6px;{FONT};font-size:16px;line-height:22px;color:{INK}">{_text(section.title)}</h2>'
    )
    if not section.rows:
        return heading + _paragraph("None.")
    head = f"padding:4px 6px 4px 0;{CELL};font-weight:normal;color:{MUTED}"
    titles = "".join(
        f'<th align="{align}" valign="bottom" scope="col" style="{head}">{_text(title)}</th>'
        for title, align in zip(section.head, _alignment(section), strict=True)
    )
    rows = "".join(_rows(section))
    table = f'<table width="100%" cellpadding="0" cellspacing="0" border="0"><tr>{titles}</tr>{rows}</table>'
    return heading + table + (_paragraph(section.note) if section.note else "")


def _rows(section: Section) -> Iterator[str]:
    style = f"padding:5px 6px 5px 0;border-top:1px solid {LINE};{CELL};color:{INK}"
    for place, row in enumerate(section.rows):
        yield "<tr>"
        for text, align in zip(row, _alignment(section), strict=True):
            yield f'<td align="{align}" valign="top" style="{style}">{_text(text)}</td>'
        yield "</tr>"
        if section.bars:
            yield f'<tr><td colspan="{len(row)}" style="padding:0 6px 5px 0">{_bar(section.bars[place])}</td></tr>'


def _bar(share: float) -> str:
    """A bar without pictures: a cell with a background, as every program shows it."""
    percent = round(BAR_SHARE * share)
    style = "font-size:0;line-height:6px;height:6px"
    if not percent:
        return ""
    rest = f'<td style="{style}">&nbsp;</td>' if percent < BAR_SHARE else ""
    filled = f'<td width="{percent}%" bgcolor="{BLUE}" style="{style};background-color:{BLUE}">&nbsp;</td>'
    return f"{TABLE}><tr>{filled}{rest}</tr></table>"


def _alignment(section: Section) -> list[str]:
    return ["left" if place < section.texts else "right" for place in range(len(section.head))]


def _text(text: str) -> str:
    return escape(printable(text))


def as_text(weekly: Weekly) -> str:
    """The same as plain text, in columns."""
    shown = [f"{name}: {value} ({detail})" for name, value, detail in figures(weekly)]
    parts = [TITLE, introduction(weekly), "\n".join(shown), *map(_section_as_text, sections(weekly)), FOOT]
    return "\n\n".join(parts) + "\n"


def _section_as_text(section: Section) -> str:
    if not section.rows:
        return f"{section.title}\n  None."
    rows = [section.head, *(list(map(printable, row)) for row in section.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(section.head))]
    aligned = _alignment(section)
    lines = [
        "  "
        + "  ".join(
            text.rjust(width) if align == "right" else text.ljust(width)
            for text, width, align in zip(row, widths, aligned, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([section.title, *lines])

"""The tables of a schema and how they hang together, as an SVG picture that needs no network and no script."""

from collections.abc import Iterator, Sequence
from html import escape

from sighten_warehouse.dictionary.relations import Relation, keys, relations
from sighten_warehouse.models import Model, models

WIDTH, LINE, HEAD, GAP_X, GAP_Y = 196, 18, 26, 48, 20


def er_picture(schema: str, *, title: str) -> str:
    """The picture: parents to the left of their children, each with its keys."""
    shown = relations(schema)
    boxes = _place(_columns(schema, shown), shown)
    width = max(x for x, _, _ in boxes.values()) + WIDTH + 2
    height = max(y + tall for _, y, tall in boxes.values()) + 2
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="group" aria-label="{escape(title)}">',
        *(_line(one, boxes) for one in shown),
        *(part for name, box in boxes.items() for part in _box(models()[name], box, shown)),
        "</svg>",
    ]
    return "\n".join(parts)


def _columns(schema: str, shown: Sequence[Relation]) -> list[list[Model]]:
    """The tables by how many parents stand before them, the farthest way round."""
    names = {one.parent.full_name for one in shown} | {
        model.full_name for model in models().values() if model.schema == schema
    }
    depth = dict.fromkeys(sorted(names), 0)
    for _ in names:
        for one in shown:
            depth[one.child.full_name] = max(depth[one.child.full_name], depth[one.parent.full_name] + 1)
    return [[models()[name] for name in depth if depth[name] == place] for place in range(max(depth.values()) + 1)]


Box = tuple[int, int, int]


def _place(columns: Sequence[Sequence[Model]], shown: Sequence[Relation]) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    for place, column in enumerate(columns):
        y = 1
        for model in column:
            tall = HEAD + LINE * len(_rows(model, shown)) + 8
            boxes[model.full_name] = (1 + place * (WIDTH + GAP_X), y, tall)
            y += tall + GAP_Y
    return boxes


def _rows(model: Model, shown: Sequence[Relation]) -> list[tuple[str, str]]:
    return [(name, marks) for _, name, marks in keys(model, shown)]


def _line(one: Relation, boxes: dict[str, Box]) -> str:
    x1, y1, tall1 = boxes[one.parent.full_name]
    x2, y2, tall2 = boxes[one.child.full_name]
    start, end = (x1 + WIDTH, y1 + min(tall1, HEAD) / 2), (x2, y2 + min(tall2, HEAD) / 2)
    middle = (start[0] + end[0]) / 2
    said = escape(f"{one.child.name}.{one.column} is a {one.parent.name}")
    path = f"M{start[0]},{start[1]} C{middle},{start[1]} {middle},{end[1]} {end[0]},{end[1]}"
    return f'<path d="{path}"><title>{said}</title></path>'


def _box(model: Model, box: Box, shown: Sequence[Relation]) -> Iterator[str]:
    x, y, tall = box
    yield f'<a href="#{model.full_name}"><rect x="{x}" y="{y}" width="{WIDTH}" height="{tall}" rx="6"/>'
    yield f'<text class="name" x="{x + 10}" y="{y + 18}">{escape(model.name)}</text></a>'
    for number, (name, marks) in enumerate(_rows(model, shown)):
        at = y + HEAD + LINE * number + 12
        yield f'<text x="{x + 10}" y="{at}">{escape(name)}</text>'
        yield f'<text class="mark" x="{x + WIDTH - 10}" y="{at}" text-anchor="end">{marks}</text>'

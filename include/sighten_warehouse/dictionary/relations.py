"""Foreign keys among the published tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sighten_warehouse.models import Model, models

# Columns whose name differs from that of the key they hold.
ALIASES = {"assigned_to_user_id": "user_id", "commentor_id": "user_id"}
# Here milestone_id names the milestone that mentioned the row, which is no foreign key.
NO_KEYS = {(f"main.{name}", "milestone_id") for name in ("users", "organizations", "quotes", "dal_values")}
# Their row may be missing: of a comment or a file whose task is gone, of a user or milestone that was only named, of a
# quote that was not looked up.
LOOSE = {
    ("main.comments", "task_id"),
    ("main.tasks", "milestone_id"),
    ("main.milestones", "quote_id"),
    *((f"main.{name}", "assigned_to_user_id") for name in ("milestones", "tasks")),
    ("marts.pending_ageing", "assigned_to_user_id"),
    *(
        (f"marts.{name}", column)
        for name in ("document_turnaround", "documents_after_rejection")
        for column in ("document_id", "milestone_id", "task_id")
    ),
    ("marts.task_times", "milestone_id"),
}
DRAWN = ("main", "marts")  # the schemas that have a diagram


@dataclass(frozen=True)
class Relation:
    """`column` of `child` holds the key of one row of `parent`, or NULL."""

    child: Model
    column: str
    parent: Model

    @property
    def parent_key(self) -> str:
        """The column of `parent` that `column` refers to."""
        return self.parent.grain[0]


def relations(schema: str) -> list[Relation]:
    """The relations from that schema's tables to `main`; inside `main`, to the nearest parents only."""
    by_key = {model.grain[0]: model for model in models().values() if model.schema == "main" and len(model.grain) == 1}
    found = [key for model in models().values() if model.schema == schema for key in _foreign_keys(model, by_key)]
    if schema != "main":
        return found
    parents: dict[str, set[str]] = {model.full_name: set() for model in models().values()}
    for relation in found:
        parents[relation.child.full_name].add(relation.parent.full_name)
    # A document belongs to a sub_task, so its task and milestone follow from that.
    return [relation for relation in found if not _is_implied(relation, parents)]


def holding_relations(schema: str) -> list[Relation]:
    """Those of which every row has its parent, whatever was delivered and in whichever order."""
    return [relation for relation in relations(schema) if (relation.child.full_name, relation.column) not in LOOSE]


def _is_implied(relation: Relation, parents: dict[str, set[str]]) -> bool:
    if relation.column in ALIASES:
        return False
    nearer = parents[relation.child.full_name] - {relation.parent.full_name}
    return any(relation.parent.full_name in parents[name] for name in nearer)


def _foreign_keys(child: Model, by_key: dict[str, Model]) -> Iterator[Relation]:
    for column in child.columns:
        parent = by_key.get(ALIASES.get(column.name, column.name))
        if parent is not None and parent is not child and (child.full_name, column.name) not in NO_KEYS:
            yield Relation(child, column.name, parent)


def er_diagram(schema: str) -> Iterator[str]:
    """The lines of a Mermaid diagram of that schema, with key columns only."""
    shown = relations(schema)
    yield "erDiagram"
    if schema != "main":  # many tables beside each other, of the same parents: they would be too small to read
        yield "    direction LR"
    for relation in shown:
        yield f'    {relation.parent.name} |o--o{{ {relation.child.name} : "{relation.column}"'
    for model in models().values():
        if model.schema == schema:
            yield f"    {model.name} {{"
            yield from (f"        {kind} {name} {marks}" for kind, name, marks in keys(model, shown))
            yield "    }"


def keys(model: Model, shown: Sequence[Relation]) -> list[tuple[str, str, str]]:
    """Type, name and marks (`PK`, `FK` or both) of the table's key columns."""
    foreign = {relation.column for relation in shown if relation.child is model}
    found = []
    for column in model.columns:
        marks = ["PK"] if column.name in model.grain else []
        marks += ["FK"] if column.name in foreign else []
        if marks:
            found.append((column.type, column.name, ", ".join(marks)))
    return found

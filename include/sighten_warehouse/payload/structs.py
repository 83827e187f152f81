"""Typed structs of clean payloads, generated from the shapes: decoding one makes no dict, and checks every type.

A payload is clean if it has no unknown key and each value fits its column. Decoding checks keys and types;
`payload/levels.py` checks ids and times, and spells them in one way.
"""

from typing import Annotated, Any

import msgspec

from sighten_warehouse.payload.fit import INT64_MAX, INT64_MIN
from sighten_warehouse.payload.shapes import DATA_LISTS, MILESTONE, TASK_ROOT, USER, Shape

_TYPES: dict[str, Any] = {
    "text": str,
    "uuid": str,
    "timestamp": str,
    "integer": Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)],
    "boolean": bool,
}
NOT_SENT = msgspec.UNSET
_encoder = msgspec.json.Encoder()


def _define(name: str, fields: dict[str, tuple[Any, Any]], *, required: tuple[str, ...] = ()) -> type[msgspec.Struct]:
    """A struct that is encoded with sorted keys, without those that have their default."""
    return msgspec.defstruct(
        name,
        [
            (key, kind) if key in required else (key, kind | type(empty), empty)
            for key, (kind, empty) in sorted(fields.items())
        ],
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        gc=False,
    )


def _struct(
    name: str, shape: Shape, *, empty: Any = None, required: tuple[str, ...] = ("uuid",)
) -> type[msgspec.Struct]:
    fields = {
        known.key: (_TYPES[known.type] if known.key in required else _TYPES[known.type] | None, empty)
        for known in shape.fields
    }
    if shape.assignee_key:
        fields[shape.assignee_key] = (_USER | str, None)
    if shape.has_data:
        fields["data"] = (_DATA | bool | None, NOT_SENT)
    for key, child in shape.lists.items():
        fields[key] = (list[_struct(key, child)], None)  # type: ignore[misc]  # a type made at run time
    return _define(name, fields, required=required)


_USER: Any = _struct("user", USER, required=())
# Inside `data`, which is also kept as delivered, null differs from a key that was not sent.
_DATA: Any = _define(
    "data",
    {key: (list[_struct(key, shape, empty=NOT_SENT)] | None, NOT_SENT) for key, shape in DATA_LISTS.items()},  # type: ignore[misc]
)
# Without its list of children, the kind of a payload is decided by other keys.
_milestones = msgspec.json.Decoder(_struct("milestone", MILESTONE, required=("uuid", "tasks")))
_tasks = msgspec.json.Decoder(_struct("task", TASK_ROOT, required=("uuid", "sub_tasks")))


def decode_milestone(payload: msgspec.Raw | str) -> Any:
    """The milestone-shaped payload as a struct; its attributes are the vendor's keys.

    Raises:
        msgspec.MsgspecError: it is another kind of payload, or not clean.
        ValueError: it is not UTF-8.
    """
    return _milestones.decode(payload)


def decode_task(payload: msgspec.Raw | str) -> Any:
    """The task-shaped payload as a struct.

    Raises:
        msgspec.MsgspecError: it is another kind of payload, or not clean.
        ValueError: it is not UTF-8.
    """
    return _tasks.decode(payload)


def is_data(value: Any) -> bool:
    """Whether a sub_task's `data` is an object."""
    return type(value) is _DATA


def is_user(value: Any) -> bool:
    """Whether an assigned user is an object."""
    return type(value) is _USER


def sorted_json(value: Any) -> bytes:
    """The struct as JSON with sorted keys, without what was not sent; same as `canonical_json` of its dict."""
    return _encoder.encode(value)

"""The environments of a home that have a published version."""

from typing import get_args

from msgspec.structs import replace

from sighten_warehouse.remotes import present
from sighten_warehouse.settings import Environment, Settings


def published_environments(settings: Settings) -> list[Settings]:
    """The settings of each published environment of this home, the given one first."""
    names = get_args(Environment)
    candidates = [settings, *(replace(settings, env=name) for name in names if name != settings.env)]
    return [candidate for candidate in candidates if present(candidate.layout.warehouse_file).exists()]

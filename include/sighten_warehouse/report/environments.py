"""The environments of a home that have something to show."""

from typing import get_args

from sighten_warehouse.settings import Settings


def published_environments(settings: Settings) -> list[Settings]:
    """The settings of each environment of this home that has a published version, these first."""
    names = get_args(Settings.model_fields["env"].annotation)
    each = [settings, *(settings.model_copy(update={"env": name}) for name in names if name != settings.env)]
    return [one for one in each if one.layout.warehouse_file.exists()]

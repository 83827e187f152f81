"""Adds the man pages that `make man` has written to the wheel, so that `man sighten-warehouse` finds them."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = "build/man"


class ManPages(BuildHookInterface[Any]):
    """A wheel built without `make man`, as of an editable install, has none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  (hatchling's signature)
        """Add them below `share/man`, where man looks beside each folder of PATH."""
        if Path(self.root, PAGES).is_dir():
            build_data["shared_data"][PAGES] = "share/man/man1"

"""The newest version of a home on object storage: one object, replaced only by a version that was made after it."""

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import DISK
from sighten_warehouse.errors import VersionReplacedError
from sighten_warehouse.lake.pull import mirror_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import link_over, read_version, write_version
from sighten_warehouse.remotes import exists

if TYPE_CHECKING:
    from sighten_warehouse.objects.mirror import Mirror
    from sighten_warehouse.objects.store import Content

NAME = "newest.json"


def let_version_win(layout: Layout, version: Version, *, before: Version | None, clock: Clock) -> None:
    """Make the version the newest, unless another machine has published since `before`; local homes need no such step.

    Raises:
        VersionReplacedError: another machine was faster; nothing was changed.
    """
    mirror = mirror_of(layout)
    if mirror is None:
        return
    key = _key(mirror, layout)
    known = mirror.store.get(key)
    newest = _name_of(known)
    if newest == version.version:
        return
    expected = before.version if before else None
    won = replace(version, published_at=clock.now().isoformat(timespec="microseconds"))
    content = json.dumps(asdict(won), indent=1).encode()
    made: list[bool] = []
    if newest == expected:
        path = layout.published / NAME
        DISK.change("put", path, lambda: made.append(mirror.store.replace(key, content, known=known)))
    if made != [True]:
        raise VersionReplacedError(
            f"{mirror.url}/{key}: another machine has published since {expected or 'this began'}; expected no newer"
            " version. Nothing is lost: publish again"
        )


def complete_version(layout: Layout) -> None:
    """Finish what a publish that was killed has left to do for the newest version, or another machine does now."""
    version = newest_version(layout)
    if version is not None and not exists(layout.versions / f"{version.version}.json"):
        link_over(layout.versions / f"{version.version}.duckdb", layout.warehouse_file)
        write_version(layout, version)


def newest_version(layout: Layout) -> Version | None:
    """The newest version as the store names it now; None of a home on a local disk, or before the first one."""
    mirror = mirror_of(layout)
    known = mirror.store.get(_key(mirror, layout)) if mirror else None
    return None if known is None else read_version(known.data)


def _key(mirror: "Mirror", layout: Layout) -> str:
    return mirror.key(layout.published / NAME)


def _name_of(known: "Content | None") -> str | None:
    return None if known is None else str(json.loads(known.data)["version"])

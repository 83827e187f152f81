"""The newest version of a home on object storage: one object, replaced only by a version that was made after it."""

import json
from dataclasses import asdict

from sighten_warehouse.errors import VersionReplacedError
from sighten_warehouse.lake.pull import mirror_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.objects.mirror import Mirror
from sighten_warehouse.objects.store import Content
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import link_over, read_version, write_version
from sighten_warehouse.remotes import exists

NAME = "newest.json"


def let_version_win(layout: Layout, version: Version, *, before: Version | None) -> None:
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
    content = json.dumps(asdict(version), indent=1).encode()
    if newest != expected or not mirror.store.replace(key, content, known=known):
        raise VersionReplacedError(
            f"{mirror.url}/{key}: names {newest or 'another version'}, which another machine has published meanwhile;"
            f" expected {expected or 'none'}. Nothing is lost: publish again"
        )


def complete_version(layout: Layout) -> None:
    """Finish what a publish that was killed has left to do for the newest version, or another machine does now."""
    mirror = mirror_of(layout)
    known = mirror.store.get(_key(mirror, layout)) if mirror else None
    if known is not None:
        version = read_version(known.data)
        if not exists(layout.versions / f"{version.version}.json"):
            link_over(layout.versions / f"{version.version}.duckdb", layout.warehouse_file)
            write_version(layout, version)


def _key(mirror: Mirror, layout: Layout) -> str:
    return mirror.key(layout.published / NAME)


def _name_of(known: Content | None) -> str | None:
    return None if known is None else str(json.loads(known.data)["version"])

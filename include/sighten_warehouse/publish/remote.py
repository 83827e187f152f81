"""Versions of a home on object storage, for readers: downloaded once, and read without changing anything there."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from sighten_warehouse.errors import NotPublishedError, SettingError
from sighten_warehouse.lake.pull import mirror_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.objects.homes import is_url, open_home
from sighten_warehouse.objects.pulling import look, take
from sighten_warehouse.publish.pointer import newest_version
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import read_version
from sighten_warehouse.settings import Environment, Settings

if TYPE_CHECKING:
    from sighten_warehouse.objects.mirror import Mirror

_FILE = "/published/warehouse.duckdb"


def open_remote(settings: Settings, path: str | Path | None) -> "RemoteVersions | None":
    """The versions of the home at that URL, or of the settings' home; None if it is on a local disk.

    Raises:
        SettingError: it is no URL of a home.
    """
    if isinstance(path, str) and is_url(path):
        url, env = _home_of(path, settings.env)
        settings = replace(settings, home=open_home(url, cache=settings.cache), env=env)
    elif path is not None:
        return None
    mirror = mirror_of(settings.layout)
    return None if mirror is None else RemoteVersions(settings.layout, mirror)


def _home_of(url: str, env: Environment) -> tuple[str, Environment]:
    """The home and the environment of a URL, which may name a published file."""
    if not url.endswith(_FILE):
        return url, env
    home, _, named = url.removesuffix(_FILE).rpartition("/")
    for known in get_args(Environment):
        if named == known:
            return home, known
    raise SettingError(f"{url}: expected a home such as s3://bucket/prefix, or <home>/<environment>{_FILE}")


@dataclass
class RemoteVersions:
    """The versions of one home; `move` may be called once a file was chosen."""

    layout: Layout
    mirror: "Mirror"
    version: Version | None = None

    def file(self, name: str | None) -> Path:
        """The file of that version, or of the newest, here.

        Raises:
            NotPublishedError: there is no such version.
            StorageError: the store does not answer, or does not allow it.
        """
        listing = look(self.mirror, self.layout.versions, level_only=True)
        take(self.mirror, listing, wanted=lambda key: key.endswith(".json"))
        newest = newest_version(self.layout)
        chosen = name or (newest.version if newest else "")
        path = self.layout.versions / f"{chosen}.duckdb"
        self.mirror.fetch([path])
        if not path.exists():
            stored = (each.key for each in listing.found if each.key.endswith(".duckdb"))
            names = ", ".join(Path(key).stem for key in stored) or "none"
            raise NotPublishedError(
                f"version {chosen or 'newest'}: no file below {self.mirror.url}; available: {names}"
            )
        manifest = path.with_suffix(".json")
        self.version = newest if newest and newest.version == chosen else read_version(manifest.read_bytes())
        return path

    def move(self, text: str) -> str:
        """The text of a view of history, with the places of its files here, which are downloaded first."""
        if self.version is None:
            return text
        lake = self.layout.root / self.version.lake
        if not self.mirror.listed(lake):
            take(self.mirror, look(self.mirror, lake), wanted=lambda _key: False)
        published_below = str(Path(self.version.path).parent.parent)
        moved = text.replace(f"'{published_below}/", f"'{self.layout.root}/")
        self.mirror.fetch(path for path in self.mirror.listed(lake) if f"'{path}'" in moved)
        return moved

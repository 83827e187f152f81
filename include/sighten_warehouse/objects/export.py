"""The plain Parquet under the path that people read, made of the objects of one immutable export."""

from collections.abc import Mapping

from sighten_warehouse.objects.at_once import at_once
from sighten_warehouse.objects.store import Store


def show_export(store: Store, parts: Mapping[str, tuple[str, str]], shown: str) -> None:
    """Let the objects below `shown` be those parts: name → key and identity of the object to copy.

    First the parts that changed, then the manifest, whose name begins with an underscore; what has no part goes last. A
    reader in between sees parts of both exports, each of them whole.
    """
    there = {stored.key.removeprefix(f"{shown}/"): stored.etag for stored in store.below(shown)}
    changed = [name for name, (_, etag) in parts.items() if there.get(name) != etag]
    for is_manifest in (False, True):
        chosen = [name for name in changed if name.rpartition("/")[2].startswith("_") == is_manifest]
        at_once(lambda name: store.copy(parts[name][0], f"{shown}/{name}"), chosen)
    store.delete([f"{shown}/{name}" for name in sorted(there.keys() - parts.keys())])

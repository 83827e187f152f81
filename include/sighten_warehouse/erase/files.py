"""The other files of a home: what names a person in them goes, and files that nobody knows are named."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from sighten_warehouse.durable import remove, write_durably
from sighten_warehouse.landing.erasures import Tombstones
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.addresses import erase_addresses, erase_people
from sighten_warehouse.payload.erased_line import is_about_erased

# Below the home: every file that the product writes, by its path.
_KNOWN = re.compile(
    r"""
      landing/received_date=[^/]+/[^/.][^/]*\.ndjson(\.zst)?    # `load.erased`
    | lake(\.[^/]+)?/.+                                         # `ops.rebuild`; older ones are removed
    | vault/[0-9a-f]{2}/[0-9a-f]{64} | vault/\.(partial|damaged)/.+                # `erase.vault`
    | published/(warehouse\.duckdb|report\.(html|json)) | published/parquet/.+    # `erase.versions`
    | published/versions/.+\.(duckdb|parquet/.+)
    | published/versions/[^/]+\.json | published/versions/earlier\.ndjson         # batches and counts, nobody's data
    | published/(portable_copies|newest)\.json                                    # paths of files; as in `versions`
    | work/.+                                                   # `erase.versions`
    | codes\.yml | acknowledged_drift\.json | open_alerts\.json | failed_sites/[^/]+\.json    # below
    | landing/\.probe/[^/]+                                     # of `receiver.readiness`, a few bytes
    | landing/_format\.json | last_backup\.json                # a number; a folder and a time
    | mailed_report\.json                                      # a day, and digests of addresses of SIGHTEN_REPORT_TO
    | api_refusals\.json | \.api_budget | \.lake\.next          # paths without ids, times, the name of a lake
    | pseudonyms\.key | erasures/.+                             # keys, and digests made with them
    | \.[a-z_]+\.lock                                           # empty
    | (.+/)?\.[^/]+\.tmp(/.+)?                                  # being written; older ones are removed
    """,
    re.VERBOSE,
)


def erase_files(layout: Layout, tombstones: Tombstones) -> int:
    """Erase from the small files of the home: codes, acknowledged drift, alerts, failed sites; return how many."""
    changed = _erase_texts(layout, tombstones)
    with one_writer(layout, "drift"):
        changed += _erase_json(layout.acknowledged_drift, tombstones)
    with one_writer(layout, "alerts"):
        changed += _erase_json(layout.open_alerts, tombstones)
    return changed


def _erase_texts(layout: Layout, tombstones: Tombstones) -> int:
    changed = 0
    for path in layout.failed_sites.glob("[!.]*.json"):
        if tombstones.mentions_id(f"{path.name} {path.read_text()}"):
            remove(path)
            changed += 1
    if layout.codes.exists():
        text = layout.codes.read_text()
        if (rest := erase_addresses(text, tombstones.is_erased_address)) != text:
            write_durably(layout.codes, rest.encode())
            changed += 1
    return changed


def _erase_json(path: Path, tombstones: Tombstones) -> int:
    if not path.exists():
        return 0
    tree: Any = msgspec.json.decode(path.read_bytes())
    rest: Any
    if isinstance(tree, list):
        rest = [item for item in tree if not is_about_erased(item, tombstones)]
    else:
        rest = {key: value for key, value in tree.items() if not is_about_erased(value, tombstones)}
    rest = erase_people(rest, tombstones.is_erased_address)
    if rest == tree:
        return 0
    write_durably(path, msgspec.json.encode(rest))
    return 1


def unknown_files(layout: Layout) -> Iterator[Path]:
    """The files of the home that the product did not write, into which no erasure looks."""
    for path in sorted(layout.root.rglob("*")):
        if path.is_file() and not _KNOWN.fullmatch(path.relative_to(layout.root).as_posix()):
            yield path

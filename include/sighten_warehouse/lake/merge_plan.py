"""Which batches and landing files a compaction merges."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import duckdb

from sighten_warehouse.lake.history import history_files, stage_deliveries
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.landing.files import day_of, text_bytes
from sighten_warehouse.landing.integrity import find_problem
from sighten_warehouse.layout import Layout

SMALL_BYTES = 8 * 1024 * 1024  # of the text of a landing file or batch: what has less is merged
MAX_MERGED_BYTES = 32 * 1024 * 1024
MAX_MERGED_BATCHES = 1_000  # DuckDB keeps what it knows of each file that it reads in memory


@dataclass(frozen=True)
class MergePlan:
    """Groups of batches to merge into one each; `refused`: landing file → what is wrong with it, so that it stays."""

    groups: Sequence[Sequence[Manifest]] = ()
    refused: dict[str, str] = field(default_factory=dict)


def plan_merges(layout: Layout, committed: Sequence[Manifest]) -> MergePlan:
    """Divide the small batches into groups of bounded size; those stay whose merging would change or hide something.

    Batches of different code stay apart, and so do batches with a copied line, since the names of landing files decide
    which line is the copy.
    """
    small = [manifest for manifest in committed if is_small(manifest) or _to_merge([manifest])]
    if not any(_is_worth_it(group) for group in _groups(small)):
        return MergePlan()
    copied = _with_copies(layout, small, committed)
    small = [manifest for manifest in small if manifest.batch_id not in copied]
    refused: dict[str, str] = {}
    for manifest in small:
        refused |= _problems(layout, manifest)
    small = [manifest for manifest in small if not refused.keys() & manifest.landing_files.keys()]
    return MergePlan([group for group in _groups(small) if _is_worth_it(group)], refused)


def is_small(manifest: Manifest) -> bool:
    """Whether the batch is to be merged with others."""
    return _size(manifest) < SMALL_BYTES


def _size(manifest: Manifest) -> int:
    return sum(_file_size(manifest, name) for name in manifest.landing_files)


def _file_size(manifest: Manifest, name: str) -> int:
    return text_bytes(name, manifest.landing_bytes.get(name, SMALL_BYTES))


def mergeable(manifest: Manifest) -> list[str]:
    """The small landing files of the batch, by name, except damaged ones: the place of a damaged line makes its id."""
    names = sorted(manifest.landing_files.keys() - manifest.damaged_lines.keys())
    return [name for name in names if _file_size(manifest, name) < SMALL_BYTES]


def _to_merge(group: Iterable[Manifest]) -> bool:
    """Whether the batches have several small landing files of one day."""
    days = [day_of(name) for manifest in group for name in mergeable(manifest)]
    return len(days) > len(set(days))


def _is_worth_it(group: Sequence[Manifest]) -> bool:
    return len(group) > 1 or _to_merge(group)


def _groups(small: Iterable[Manifest]) -> Iterator[list[Manifest]]:
    ordered = sorted(small, key=lambda manifest: (manifest.code_version, min(manifest.landing_files, default="")))
    for _, same in groupby(ordered, key=lambda manifest: manifest.code_version):
        group: list[Manifest] = []
        size = 0
        for manifest in same:
            is_full = size + _size(manifest) > MAX_MERGED_BYTES or len(group) >= MAX_MERGED_BATCHES
            # A rebuild of a few days then remakes little else.
            ends_its_day = size >= SMALL_BYTES and _day(manifest) != _day(group[-1])
            if group and (is_full or ends_its_day):
                yield group
                group, size = [], 0
            group.append(manifest)
            size += _size(manifest)
        if group:
            yield group


def _day(manifest: Manifest) -> str:
    return day_of(min(manifest.landing_files, default=""))


def _problems(layout: Layout, manifest: Manifest) -> dict[str, str]:
    """What is wrong with the landing files that would be merged."""
    found = {
        name: find_problem(layout.landing / name, manifest.recorded(name), deep=True) for name in mergeable(manifest)
    }
    return {name: problem for name, problem in found.items() if problem}


def _with_copies(layout: Layout, small: Sequence[Manifest], committed: Sequence[Manifest]) -> Collection[str]:
    """The batches with a copied line, or with the line that it was copied from, among the small ones."""
    chosen = {manifest.batch_id for manifest in small}
    others = [manifest for manifest in committed if manifest.batch_id not in chosen]
    with duckdb.connect() as connection:
        connection.execute("create schema staging")
        connection.execute("create table delivered (landing_id varchar, batch_id varchar, is_copy boolean)")
        row = "landing_id, batch_id, copy_of_landing_id is not null from staging.every_delivery"
        known = "where landing_id in (select landing_id from delivered)"
        for manifests, condition in ((small, ""), (others, known)):
            for start in range(0, len(manifests), MAX_MERGED_BATCHES):
                files = history_files(layout, "deliveries", manifests[start : start + MAX_MERGED_BATCHES])
                stage_deliveries(connection, files)
                connection.execute(f"insert into delivered select {row} {condition}")
        repeated = "select landing_id from delivered group by landing_id having count(*) > 1"
        found = f"select distinct batch_id from delivered where is_copy or landing_id in ({repeated})"
        return {batch_id for (batch_id,) in connection.execute(found).fetchall()}

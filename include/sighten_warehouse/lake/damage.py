"""Finds history files and commits that are missing or damaged; a rebuild remakes them from landing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import structlog

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.loads import loads_path, read_loads
from sighten_warehouse.lake.manifest import Manifest, commit_files, history_file, oldest_first, read_manifest
from sighten_warehouse.landing.files import day_of, digest_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import present

log = structlog.get_logger()


def damaged_history(layout: Layout, committed: Sequence[Manifest], *, deep: bool) -> dict[str, str]:
    """File below the lake → what is wrong with it. `deep`: read every file and compare its digest, if recorded.

    Otherwise only the end of each file is read.
    """
    found = {}
    for manifest in committed:
        problems = {
            history_file(layout, table, manifest.batch_id): _problem(layout, manifest, table, deep=deep)
            for table in manifest.history_files
        }
        if manifest.merged:
            problems[loads_path(layout, manifest.batch_id)] = _loads_problem(layout, manifest)
        for path, problem in problems.items():
            if problem:
                days = sorted(map(day_of, manifest.landing_files))
                name = path.relative_to(layout.lake).as_posix()
                found[name] = f"{problem}; run `sighten-warehouse rebuild --from {days[0]} --to {days[-1]}`"
    return found


def is_whole(manifest: Manifest, layout: Layout) -> bool:
    """Whether every history file of the batch is there and complete."""
    return not damaged_history(layout, [manifest], deep=False)


@contextmanager
def explaining_damage(layout: Layout, committed: Sequence[Manifest]) -> Iterator[None]:
    """Name the damaged history files if the block fails because of one.

    Raises:
        LakeError: history files are damaged.
    """
    try:
        yield
    except duckdb.Error as error:
        if problems := damaged_history(layout, committed, deep=True):
            raise _explain(layout, problems) from error
        raise


def refuse_altered(layout: Layout, committed: Sequence[Manifest]) -> None:
    """Compare the history files of those batches with the digests in their commits; older commits have none.

    A Parquet file has no checksum: a flipped bit often gives other values, and no error.

    Raises:
        LakeError: history files are damaged.
    """
    with_digests = [manifest for manifest in committed if manifest.history_sha256]
    if problems := damaged_history(layout, with_digests, deep=True):
        raise _explain(layout, problems)


def _explain(layout: Layout, problems: Mapping[str, str]) -> LakeError:
    listed = "".join(f"\n  {name}: {problem}" for name, problem in problems.items())
    return LakeError(
        f"{layout.lake}: {len(problems)} history files are damaged:{listed}\n"
        "The published version was not changed (docs/runbook.md#damaged-history-files)."
    )


def _problem(layout: Layout, manifest: Manifest, table: str, *, deep: bool) -> str | None:
    path = present(history_file(layout, table, manifest.batch_id))
    sha256 = manifest.history_sha256.get(table)
    if not deep or sha256 is None or not path.is_file():
        return _problem_of_rows(path, manifest.history_files[table], deep=deep)
    if digest_of(path) == sha256:
        return None
    return _problem_of_rows(path, manifest.history_files[table], deep=True) or "altered since it was written"


def _problem_of_rows(path: Path, rows: int, *, deep: bool) -> str | None:
    import pyarrow as pa  # noqa: PLC0415  (a third of the time of `status`, which seldom looks)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        found = pq.read_table(path, partitioning=None).num_rows if deep else pq.read_metadata(path).num_rows
    except FileNotFoundError:
        return "missing"
    except (OSError, pa.ArrowException) as error:
        return f"not a whole Parquet file ({str(error).splitlines()[0][:120]})"
    return None if found == rows else f"{found:,} rows; expected {rows:,}"


def _loads_problem(layout: Layout, manifest: Manifest) -> str | None:
    try:
        found = sum(load.landed for load in read_loads(layout, manifest))
    except LakeError:
        return "missing, or not a list of loads"
    return None if found == manifest.landed else f"{found:,} deliveries; expected {manifest.landed:,}"


def readable_commits(layout: Layout) -> list[Manifest]:
    """All commits but unreadable ones, oldest first: for what repairs a damaged lake."""
    found = []
    for path in commit_files(layout):
        try:
            found.append(read_manifest(path))
        except LakeError as error:
            log.warning("commit_unreadable", error=str(error))
    return oldest_first(found)

"""Whether landing, lake and vault are what was written: formats, and every file by its digest."""

from collections.abc import Callable, Iterator, Mapping

from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.lake.damage import damaged_history
from sighten_warehouse.lake.loaded import Moment, of_one_moment
from sighten_warehouse.landing.files import digest_of
from sighten_warehouse.landing.format import check_format
from sighten_warehouse.layout import Layout
from sighten_warehouse.ops.doctor.check import Check, error, ok
from sighten_warehouse.ops.landing import check_landing

SHOWN = 5

OnProgress = Callable[[int, int], object]


def check_integrity(layout: Layout, *, quick: bool, on_progress: OnProgress) -> Iterator[Check]:
    """Compare landing, lake and vault with what was recorded of them; `quick` compares names, sizes and rows only."""
    try:
        formats = {"landing": check_format(layout.landing, "landing"), "lake": check_format(layout.lake, "lake")}
        yield of_one_moment(layout, lambda moment: _landing(moment, quick=quick, on_progress=on_progress))
        yield of_one_moment(layout, lambda moment: _lake(moment, quick=quick))
    except WarehouseError as problem:
        yield error("integrity", str(problem), "docs/runbook.md#status-cannot-be-read")
        return
    yield ok("formats", ", ".join(f"{part} {number}" for part, number in formats.items()))
    yield _vault(layout, quick=quick)


def _how(*, quick: bool) -> str:
    return "by name and size" if quick else "by digest"


def _landing(moment: Moment, *, quick: bool, on_progress: OnProgress) -> Check:
    found = check_landing(moment, deep=not quick, on_progress=on_progress)
    return _judge("landing", found.files, found.damaged, "docs/runbook.md#damaged-landing-files", quick=quick)


def _lake(moment: Moment, *, quick: bool) -> Check:
    files = sum(len(manifest.history_files) for manifest in moment.commits)
    damaged = damaged_history(moment.layout, moment.commits, deep=not quick)
    return _judge("lake", files, damaged, "run the `rebuild` that each names", quick=quick)


def _vault(layout: Layout, *, quick: bool) -> Check:
    files = sorted(path for path in layout.vault.glob("[0-9a-f][0-9a-f]/*") if path.is_file())
    named = {path: path.name.startswith(path.parent.name) for path in files}
    bad = [path for path in files if not named[path] or not (quick or digest_of(path) == path.name)]
    damaged = {path.name: "its bytes are others than its name says" for path in bad}
    return _judge("vault", len(files), damaged, "sighten-warehouse documents verify --repair", quick=quick)


def _judge(name: str, files: int, damaged: Mapping[str, str], remedy: str, *, quick: bool) -> Check:
    if not damaged:
        return ok(name, f"{files:,} files compared {_how(quick=quick)}")
    listed = "; ".join(f"{path}: {problem}" for path, problem in list(damaged.items())[:SHOWN])
    more = f"; and {len(damaged) - SHOWN:,} more" if len(damaged) > SHOWN else ""
    return error(name, f"{len(damaged):,} of {files:,} files are damaged: {listed}{more}", remedy)

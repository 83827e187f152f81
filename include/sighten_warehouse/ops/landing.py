"""Compares the landing files with what the commits recorded when they were loaded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from sighten_warehouse.lake.left_out import left_out
from sighten_warehouse.lake.loaded import Moment, of_one_moment
from sighten_warehouse.landing.integrity import count_lines, find_problem, hides_damage, is_restored
from sighten_warehouse.layout import Layout
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class LandingCheck:
    """The result of a comparison: file below `landing` → a phrase.

    Args:
        files: the number of files that were compared.
        damaged: loaded files that are missing, short or altered, and files that cannot be loaded.
        restored: files that were damaged when they were loaded, and are whole now: a rebuild of their day loads them.
        left_out: files that a rebuild left out and that are not restored, with the number of their deliveries.
    """

    files: int = 0
    damaged: dict[str, str] = field(default_factory=dict)
    restored: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)


def verify_landing(
    settings: Settings, *, on_progress: Callable[[int, int], Any] = lambda _done, _all: None
) -> LandingCheck:
    """Read every landing file and compare it with what was loaded from it; changes nothing.

    `on_progress` receives the number of files read, and of all.

    Raises:
        LakeError: commits contradict each other.
    """
    found = of_one_moment(settings.layout, lambda moment: check_landing(moment, deep=True, on_progress=on_progress))
    log.info("verified", files=found.files, damaged=len(found.damaged))
    return found


def check_landing(
    moment: Moment,
    *,
    deep: bool,
    on_progress: Callable[[int, int], Any] = lambda _done, _all: None,
) -> LandingCheck:
    """The comparison; without `deep`, only names and sizes are compared."""
    layout = moment.layout
    recorded = {name: manifest.recorded(name) for manifest in moment.commits for name in manifest.landing_files}
    missing = left_out(layout)
    names = sorted(recorded.keys() | set(moment.landing_files))
    damaged, restored = {}, []
    for done, name in enumerate(names, 1):
        path = layout.landing / name
        if name in recorded:
            if problem := find_problem(path, recorded[name], deep=deep):
                damaged[name] = problem
            elif deep and is_restored(path, recorded[name]):
                restored.append(name)
        elif name not in missing and (problem := _fresh_problem(layout, name, deep=deep)):
            damaged[name] = problem
        on_progress(done, len(names))
    left = {name: facts.lines for name, facts in missing.items()}
    return LandingCheck(len(names), damaged, tuple(restored), left)


def _fresh_problem(layout: Layout, name: str, *, deep: bool) -> str | None:
    path = layout.landing / name
    if not path.stat().st_size:
        return "empty; expected at least one line"
    if hides_damage(path):
        return "not loaded: lines are gone, or altered beside their bodies; expected the bytes that its name tells of"
    lines = count_lines(path)[1] if deep else ()
    return f"not loaded yet, line {lines[0]} damaged; expected whole landing lines" if lines else None

"""When a rebuild is refused: landing files are damaged, or an erasure changes what it had read."""

import fnmatch
from collections.abc import Collection, Mapping

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.damage import readable_commits
from sighten_warehouse.lake.left_out import left_out
from sighten_warehouse.lake.manifest import Manifest, commits
from sighten_warehouse.landing.integrity import Recorded, find_problem
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.erased import erased_since


def leave_out(layout: Layout, before: Collection[Manifest], without: Collection[str]) -> dict[str, Recorded]:
    """The files to leave out: those left out before, and damaged ones that match a pattern; others are refused."""
    recorded = {name: manifest.recorded(name) for manifest in before for name in manifest.landing_files}
    found = ((name, find_problem(layout.landing / name, recorded[name], deep=True)) for name in sorted(recorded))
    problems = {name: problem for name, problem in found if problem}
    unused = [pattern for pattern in without if not fnmatch.filter(problems, pattern)]
    if unused:
        expected = f"expected one of {', '.join(problems)}" if problems else "none is: leave the option out"
        raise LakeError(
            f"--without {' '.join(map(repr, unused))}: no such landing file is missing, short or altered; {expected}"
        )
    accepted = {name for pattern in without for name in fnmatch.filter(problems, pattern)}
    if refused := {name: problem for name, problem in problems.items() if name not in accepted}:
        raise LakeError(_describe_damage(layout, refused))
    return left_out(layout) | {name: recorded[name] for name in accepted}


def _describe_damage(layout: Layout, problems: Mapping[str, str]) -> str:
    """What is wrong with each of the landing files, and what to do."""
    listed = [f"\n  {name}: {problem}" for name, problem in problems.items()]
    return (
        f"{layout.landing}: {len(problems)} landing files are not what was loaded from them:{''.join(listed)}\n"
        "Nothing was changed. Restore them from a backup (docs/runbook.md#damaged-landing-files), or go on without"
        " their deliveries: `sighten-warehouse rebuild --without FILE`"
    )


def refuse_erased_meanwhile(layout: Layout, whole: Layout) -> None:
    """Refuse what an erasure changed since it was read: pending landing files, which it rewrites in place."""
    loaded = {name for manifest in readable_commits(layout) for name in manifest.landing_files}
    new = [manifest for manifest in commits(whole) if not manifest.landing_files.keys() & loaded]
    if changed := [name for manifest in new for name in erased_since(layout, manifest)]:
        raise LakeError(
            f"{layout.landing}: {len(changed)} landing files that this rebuild had read were erased meanwhile, such as"
            f" {changed[0]}. Nothing was changed: rebuild again"
        )

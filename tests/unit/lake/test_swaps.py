"""The swap to a compacted lake: readers see one of both, and a kill changed nothing or everything."""

from pathlib import Path

import pytest

from sighten_warehouse.durable import DISK, Change
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake import compaction
from sighten_warehouse.lake.compaction import compact, compact_if_many
from sighten_warehouse.lake.damage import damaged_history
from sighten_warehouse.lake.exchange import MERGED
from sighten_warehouse.lake.folder import decide_swap, finish_lake, new_lake, resolve_lake
from sighten_warehouse.lake.loaded import Moment, of_one_moment
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load.commit import commit
from sighten_warehouse.load.step import flatten, plan
from sighten_warehouse.locks import one_writer
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.step import publish_lake
from support.compacting import PLACE, PUBLISHING, commit_count, lines
from support.everything import everything
from support.factories import a_milestone, an_id
from support.kill_points import kill_points
from support.killing import COMPACT, exit_code_of_killed
from support.warehouses import Warehouse

POINTS = [
    ("compaction", "decide_swap", "before"),
    ("exchange", "_sync_folders", "before"),
    ("folder", "point_link", "after"),
]
MORE_POINTS = [
    ("merge", "write_manifest", "after"),
    ("compaction", "write_exchange", "after"),
    ("compaction", "decide_swap", "after"),
    ("folder", "bring_in", "after"),
    ("folder", "remove_replaced", "after"),
]


@pytest.mark.parametrize(("module", "name", "when"), kill_points(POINTS, MORE_POINTS))
def test_a_kill_changed_nothing_or_everything(often: Warehouse, module: str, name: str, when: str) -> None:
    layout = often.settings.layout
    often.land(a_milestone("pending"))
    but = (*PLACE, *PUBLISHING)
    before, landed = everything(often, but=but), lines(often)

    killed = exit_code_of_killed(often.settings, COMPACT, f"lake.{module}", name, when)
    status = read_status(often.settings)
    seen = commit_count(often), len(landing_files(layout.landing))
    often.publish()

    assert 9 == killed
    assert seen in ((5, 6), (1, 2))
    assert landed == lines(often)
    assert (True, 1, 0) == (status.balanced, status.pending, status.unpublished)
    assert before == everything(often, but=but)
    compact(layout)
    hidden = [path for path in layout.root.rglob("*.tmp") if "work" not in path.parts]
    assert ([], False) == (hidden, (layout.landing / ".merged").exists())
    assert (1, 2) == (commit_count(often), len(landing_files(layout.landing)))


def test_a_publish_keeps_the_lake_that_was_put_in_use_while_it_ran(often: Warehouse) -> None:
    layout, committed = often.settings.layout, commit_count(often)

    publish_lake(often.settings, resolve_lake(layout), on_checked=lambda: compact(layout))

    assert layout.lake.resolve().is_dir()
    assert commit_count(often) in range(1, committed)
    assert 0 == read_status(often.settings).pending


def test_a_batch_that_is_flattened_while_it_is_taken_over_keeps_its_history(
    often: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, layout = often.settings, often.settings.layout
    often.land(a_milestone("late"))
    [batch_id] = plan(settings)
    change, flattened = DISK.change, []

    def flatten_first(operation: str, path: Path, do: Change) -> None:
        if operation == "link" and path.parent.name == layout.prepared.name and not flattened:
            flattened.append(flatten(settings, batch_id))
        change(operation, path, do)

    monkeypatch.setattr(DISK, "change", flatten_first)
    compact(layout)
    committed = commit(settings, [batch_id])

    assert (1, 1) == (len(flattened), len(committed.batches))
    assert {} == damaged_history(resolve_lake(layout), commits(layout), deep=True)
    often.publish()
    assert 1 == often.value("select count(*) from milestones where milestone_id = ?", an_id("milestone late"))


def test_a_lake_made_after_the_clock_was_set_back_meets_none_that_was_left_over(loaded: Warehouse) -> None:
    layout = loaded.settings.layout
    ahead = layout.root / "lake.20990101T000000.000000Z"
    layout.lake.resolve().rename(ahead)
    layout.lake.unlink()
    layout.lake.symlink_to(ahead.name)
    left_over = finish_lake(new_lake(layout)).lake  # a kill came before its swap

    compact(layout)

    assert ahead.name < left_over.name < layout.lake.resolve().name
    assert 1 == commit_count(loaded)


def test_what_was_read_before_a_swap_is_read_again(loaded: Warehouse) -> None:
    layout = loaded.settings.layout
    seen: list[tuple[int, int]] = []

    def read(moment: Moment) -> None:
        if not seen:
            compact(layout)
        seen.append((len(moment.commits), len(moment.landing_files)))

    of_one_moment(layout, read)

    assert [(5, 5), (1, 1)] == seen


def test_a_file_that_a_swap_removes_while_it_is_read_is_no_error_and_any_other_is(loaded: Warehouse) -> None:
    layout = loaded.settings.layout

    def read(moment: Moment) -> int:
        compact(layout)
        return sum(len((layout.landing / name).read_bytes()) for name in moment.landing_files)

    assert of_one_moment(layout, read) > 0
    with pytest.raises(FileNotFoundError):
        of_one_moment(layout, lambda _: (layout.landing / "none").read_bytes())


def test_a_lost_merged_file_stops_the_swap_before_anything_is_removed(
    loaded: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = loaded.settings.layout

    def lose(*given: object) -> None:
        [merged] = (layout.landing / MERGED).rglob("*.zst")
        merged.unlink()
        decide_swap(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(compaction, "decide_swap", lose)
    with pytest.raises(LakeError, match="missing; expected merged landing files"):
        compact(layout)

    layout.next_lake.unlink()
    assert (5, 5) == (commit_count(loaded), len(landing_files(layout.landing)))
    assert read_status(loaded.settings, deep=True).balanced


def test_a_load_waits_for_no_rebuild_to_compact(loaded: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 1)

    with one_writer(loaded.settings.layout, "rebuild"):
        compacted = compact_if_many(loaded.settings.layout)

    assert compacted is None
    assert compact_if_many(loaded.settings.layout)

"""Updating the newest version by what is new: when that is done, when all is made anew, and after a kill."""

import os
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from structlog.testing import capture_logs

from sighten_warehouse.cli.main import commands
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Model
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish import build, prove, tables, touched, update
from sighten_warehouse.publish.cache import cache_file, fits
from sighten_warehouse.publish.versions import versions
from support.factories import (
    SAMPLE_BYTES,
    a_document,
    a_milestone,
    a_sub_task,
    a_task,
    a_task_delivery,
    a_user,
    an_id,
)
from support.kill_points import kill_points
from support.killing import PUBLISH, exit_code_of_killed
from support.made_anew import wrong_rows
from support.made_once import MadeOnce
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

POINTS = [("update", "_replace", "after"), ("step", "write_version", "after")]
MORE_POINTS = [
    ("step", "link_over", "before"),
    ("step", "clone", "after"),
    ("step", "update_warehouse", "before"),
    ("update", "add_new", "after"),
    ("update", "keep_recomputed", "before"),
    ("update", "keep_recomputed", "after"),
    ("step", "_swap_in", "before"),
    ("step", "link_over", "after"),
    ("step", "stamp", "after"),
]


def is_update(act: Callable[[], Any]) -> bool:
    """Whether the version that this publishes was updated, not made anew."""
    with capture_logs() as logs:
        act()
    [published] = [log for log in logs if log["event"] == "published"]
    return bool(published["is_update"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    folder = tmp_path_factory.mktemp("published")
    return MadeOnce(folder, lambda warehouse: warehouse.deliver(SAMPLE_BYTES, a_milestone("one")))


@pytest.fixture
def published(made: MadeOnce) -> Warehouse:
    return made.again()


def test_every_view_of_an_updated_version_can_be_read(published: Warehouse) -> None:
    published.deliver(a_milestone("two"))

    views = published.rows("select schema_name, view_name from duckdb_views() where not internal")

    assert len(views) > 50
    for schema, name in views:
        published.rows(f'from {schema}."{name}" limit 0')


def test_a_new_delivery_updates_the_version_and_the_option_makes_all_anew(published: Warehouse) -> None:
    published.take_in(a_milestone("one", status="APPROVED"), a_milestone("two"))

    assert is_update(published.publish)
    assert {} == wrong_rows(published)
    assert [("one", "APPROVED"), ("two", "SUBMITTED")] == [
        (key, published.value("select status from milestones where milestone_id = ?", an_id(f"milestone {key}")))
        for key in ("one", "two")
    ]
    assert not is_update(lambda: published.publish(full=True))
    assert {} == wrong_rows(published)


def test_the_manifest_counts_the_rows_of_every_table(published: Warehouse) -> None:
    published.take_in(a_milestone("one", status="APPROVED"), a_milestone("two"), b"no json")
    published.publish()

    updated, anew = (versions(published.settings.layout)[-1].tables, published.publish(full=True).tables)

    changed = {"ops.versions"}
    assert {name: rows for name, rows in anew.items() if name not in changed} == {
        name: rows for name, rows in updated.items() if name not in changed
    }


SPOILS: dict[str, Callable[[Layout], Any]] = {
    "no cache": lambda layout: cache_file(layout).unlink(),
    "damaged cache": lambda layout: cache_file(layout).write_bytes(b"no database"),
    "damaged stamp": lambda layout: cache_file(layout).with_suffix(".json").write_text("no json"),
    "other version": lambda layout: max(layout.versions.glob("*.duckdb")).touch(),
    "no version": lambda layout: max(layout.versions.glob("*.duckdb")).unlink(),
    "other key": lambda layout: layout.pseudonym_key.write_text("ab" * 32 + "\n"),
}


@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_a_cache_that_may_not_fit_is_known(published: Warehouse, spoil: Callable[[Layout], Any]) -> None:
    settings, layout = published.settings, published.settings.layout
    version = versions(layout)[-1]
    before = fits(settings, layout, version)

    spoil(layout)

    assert (True, False) == (before, fits(settings, layout, version))


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(SPOILS["damaged cache"], id="damaged cache"),
        pytest.param(SPOILS["no version"], id="no version", marks=pytest.mark.big),
        pytest.param(
            lambda layout: layout.codes.write_text("task_status: [OWN]"), id="other codes", marks=pytest.mark.big
        ),
    ],
)
def test_a_cache_that_may_not_fit_is_made_anew(published: Warehouse, spoil: Callable[[Layout], Any]) -> None:
    published.take_in(a_milestone("two"))
    spoil(published.settings.layout)

    anew = is_update(published.publish)
    published.take_in(a_milestone("three"))

    assert (False, True) == (anew, is_update(published.publish))
    assert {} == wrong_rows(published)


def test_other_settings_and_another_lake_make_all_anew(published: Warehouse) -> None:
    settings = published.settings
    published.settings = replace(settings, api_url="https://sighten.example")
    other_address = is_update(published.publish)
    other_lake = is_update(lambda: rebuild(published.settings))

    assert (False, False) == (other_address, other_lake)
    assert is_update(published.publish)


def test_a_cache_with_damaged_blocks_is_made_anew(published: Warehouse) -> None:
    cache = cache_file(published.settings.layout)
    times = cache.stat()
    content = bytearray(cache.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    cache.write_bytes(content)
    os.utime(cache, ns=(times.st_atime_ns, times.st_mtime_ns))
    published.take_in(a_milestone("two"))

    assert not is_update(published.publish)
    assert {} == wrong_rows(published)


def test_what_a_failed_update_wrote_is_not_in_the_version_that_is_made_anew(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("insert into warehouse.ops.copies (landing_id) values ('left behind')")
        raise duckdb.IOException("a broken disk")

    published.take_in(a_milestone("two"))
    monkeypatch.setattr(update, "keep_recomputed", fails)

    assert not is_update(published.publish)
    assert {} == wrong_rows(published)


def test_an_update_with_two_rows_of_one_grain_is_not_published(
    published: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    select = update._select  # noqa: SLF001  (no model gives such rows)

    def select_twice(model: Model) -> str:
        return f"({select(model)}) union all ({select(model)})" if model.full_name == "main.tasks" else select(model)

    published.take_in(a_milestone("two"))
    monkeypatch.setattr(update, "_select", select_twice)

    assert not is_update(published.publish)
    assert {} == wrong_rows(published)


def test_what_moves_takes_the_milestones_that_held_it_along(published: Warehouse) -> None:
    published.deliver(a_milestone("from", tasks=[a_task("moving")]), a_milestone("other"))
    published.take_in(a_milestone("to", at="2025-03-02T12:00:00Z", tasks=[a_task("moving")]))

    assert is_update(published.publish)
    assert {} == wrong_rows(published)
    assert [(an_id("milestone to"),)] == published.rows(
        "select milestone_id from tasks where task_id = ?", an_id("task moving")
    )


def test_a_task_without_a_milestone_is_taken_along_by_the_milestone_that_shows_it(published: Warehouse) -> None:
    published.take_in(a_task_delivery("loose", milestone=None))
    published.publish()

    published.take_in(a_milestone("two", at="2025-03-05T12:00:00Z", tasks=[a_task("loose")]))

    assert is_update(published.publish)
    assert {} == wrong_rows(published)


def test_who_changes_organization_takes_their_milestones_along(published: Warehouse) -> None:
    published.deliver(a_milestone("a"), a_milestone("b"))
    moved = a_user("Generic") | {"organization": an_id("another"), "organization_name": "Another"}
    published.take_in(a_milestone("c", at="2025-03-09T12:00:00Z", assigned_to=moved))

    assert is_update(published.publish)
    assert {} == wrong_rows(published)
    shown = "select distinct organization_name from marts.approval_cycles where milestone_id in (?, ?, ?)"
    assert [("Another",)] == published.rows(shown, *(an_id(f"milestone {key}") for key in "abc"))


@pytest.mark.parametrize(("module", "name", "when"), kill_points(POINTS, MORE_POINTS))
def test_after_a_kill_the_last_version_stands_and_the_next_publish_is_right(
    published: Warehouse, module: str, name: str, when: str
) -> None:
    before = published.value("select max(version) from ops.versions")
    published.take_in(a_milestone("one", status="APPROVED"), a_milestone("two"))

    killed = exit_code_of_killed(published.settings, PUBLISH, f"publish.{module}", name, when)
    published.close()
    seen = published.row("select max(version) <> ?, count(*) > 2 from ops.versions, milestones", before)
    published.publish()

    assert 9 == killed
    assert seen[0] == seen[1]  # the old version or the new one, never a mixture
    assert {} == wrong_rows(published)


def test_a_version_made_anew_is_compared_with_the_updates_before_and_status_says_so(published: Warehouse) -> None:
    published.deliver(a_milestone("two"))
    not_compared = published.publish(full=True).differing if published.take_in(a_milestone("x")) else None
    published.take_in(a_milestone("three"))

    proved = prove(published.settings)

    assert not_compared is None
    assert () == proved.differing
    found = read_status(published.settings)
    assert (proved.published_at, ()) == (found.made_anew_at, found.differing)
    shown = CliRunner().invoke(commands, ["status"], env={"SIGHTEN_HOME": str(published.settings.home)})
    assert (0, True) == (shown.exit_code, "made anew         equal" in shown.stdout)


def test_a_version_made_as_for_a_large_home_is_the_same(published: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [a_task(name, sub_tasks=[a_sub_task(name, documents=[a_document(name)])]) for name in "abcdefgh"]
    published.take_in(a_milestone("one", tasks=tasks))
    changed = [task | {"status": "COMP"} for task in tasks[:3]]
    published.take_in(a_milestone("one", at="2025-03-02T12:00:00Z", tasks=[*changed, *tasks[4:]]))
    monkeypatch.setattr(tables, "BYTES_OF_ROW", 100_000_000)  # computed in parts
    monkeypatch.setattr(build, "ROWS_TO_HOLD", 0)  # from the lake's files
    monkeypatch.setattr(touched, "FEW_NEW", 0)  # new rows too

    with capture_logs() as logs:
        proved = prove(published.settings)

    assert () == proved.differing
    assert 5 < max(log["parts"] for log in logs if log["event"] == "made_anew")


def test_rows_that_updates_got_wrong_are_found_and_mended(published: Warehouse) -> None:
    layout = published.settings.layout
    published.close()
    version = max(layout.versions.glob("*.duckdb"))
    times = version.stat()
    with duckdb.connect(str(version)) as connection:
        connection.execute("update milestones set name = 'wrong'")
    stamp = cache_file(layout).with_suffix(".json")
    written = stamp.read_text()
    assert str(times.st_mtime_ns) in written
    now = version.stat()
    stamp.write_text(
        written.replace(str(times.st_mtime_ns), str(now.st_mtime_ns)).replace(str(times.st_size), str(now.st_size))
    )

    proved = prove(published.settings)

    assert ("main.milestones",) == proved.differing
    shown = CliRunner().invoke(commands, ["status"], env={"SIGHTEN_HOME": str(published.settings.home)})
    assert (1, True) == (shown.exit_code, "gave other rows of main.milestones" in shown.stderr)
    assert [] == published.rows("from milestones where name = 'wrong'")

"""Erase: nobody finds in any byte what was erased, and the rest stays as it was."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sighten_warehouse.backfill.files.step import import_files
from sighten_warehouse.backfill.files.times import Times
from sighten_warehouse.backfill.rest.listed_sites import read_listed_sites
from sighten_warehouse.backup.record import LastBackup, write_last_backup
from sighten_warehouse.erase import Run, Subject, erase
from sighten_warehouse.landing.erasures import Tombstones
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.load.step import commit, flatten, plan
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.versions import is_current
from support.erasing import ADDRESS, fill, found, her_milestone, land_answer, store
from support.factories import a_milestone, a_task_delivery, an_id, as_json
from support.searching import places_of
from support.warehouses import Warehouse

EVERYWHERE = {
    "landing", "lake", "vault", "published", "work", "acknowledged_drift.json", "open_alerts.json", "copy.duckdb",
}  # fmt: skip


def marks(warehouse: Warehouse) -> Iterator[str]:
    """What the landed lines say that was erased from them."""
    landing = warehouse.settings.layout.landing
    for name in landing_files(landing):
        for line in read_raw_lines(landing / name):
            if mark := json.loads(line).get("erased"):
                yield mark


def test_a_person_is_found_nowhere_and_comes_back_by_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    settings, portable = warehouse.settings, tmp_path / "given away" / "copy.duckdb"
    portable.parent.mkdir()
    fill(warehouse, portable)
    before, landed = found(warehouse, portable), read_status(settings).landed

    erased = erase(settings, Subject("email", f" {ADDRESS.title()} "))
    [erasure], after, status = erased.erasures, found(warehouse, portable), read_status(settings, deep=True)
    warehouse.take_in(her_milestone("again"), as_json(her_milestone()).replace(b"@", b"\\u0040"))
    (tmp_path / "past.json").write_bytes(as_json(her_milestone("past")))
    import_files(settings, [str(tmp_path / "past.json")], times=Times(now=warehouse.clock))
    warehouse.load()
    rebuild(settings)

    assert before == EVERYWHERE
    assert after == set()
    assert {} == erased.left
    assert (12, 1, 1) == tuple(erasure.erased[place] for place in ("landing lines", "documents", "published versions"))
    # One more: that the document is erased.
    assert (landed + 1, True, {}, {}) == (
        status.landed,
        status.balanced,
        status.landing.damaged,
        status.damaged_history,
    )
    assert set() == found(warehouse, portable)
    assert is_current(settings)
    assert {"whole": 2, "part": 13} == Counter(marks(warehouse))
    assert {("ignored", "erased"), ("quarantined", "not_json")} < set(
        warehouse.rows("select outcome, reason from ops.deliveries")
    )
    assert {None, "erased in part"} == set(
        warehouse.column("select reason from ops.deliveries where outcome = 'applied'")
    )
    assert {("erased", "erased")} == set(
        warehouse.rows("select email, first_name from users where user_id = ?", an_id("user Janetta"))
    )
    assert ["erased wrote from erased."] == warehouse.column(
        "select comment from comments where comment_id = ?", an_id("comment hers")
    )
    assert "2025-03-02 00:00:00" == str(
        warehouse.value("select date_updated from milestones where milestone_id = ?", an_id("milestone other"))
    )
    assert {("erased", None), ("stored", 16)} == set(
        warehouse.rows("select download_status, size_bytes from ops.downloads")
    )


def test_of_a_milestone_and_of_a_site_whole_deliveries_go_with_their_documents(warehouse: Warehouse) -> None:
    settings, root, quote = warehouse.settings, warehouse.settings.layout.root, an_id("quote hers")
    shared = {"milestones": [{"uuid": an_id("milestone hers")}, {"uuid": an_id("milestone other")}]}
    warehouse.land(her_milestone(), a_milestone("other"), a_milestone("near", site=an_id("site hers")))
    warehouse.land(a_task_delivery("hers", milestone=None), f"broken {an_id('milestone hers')}".encode())
    land_answer(warehouse, {"data": [{"s_quote_id": an_id("signed")}]}, purpose="signed_quote", quote_id=quote)
    values = {"purpose": "dal", "quote_id": an_id("signed"), "object": "o", "metrics": ("m",)}
    land_answer(warehouse, {"data": [{"m": "of hers"}]}, **values)
    land_answer(warehouse, shared, purpose="rest_milestones", site_id=an_id("site elsewhere"))
    hers, others = store(warehouse, "hers", b"hers"), store(warehouse, "other", b"others")
    twice = store(warehouse, "hers", b"everybody's")
    store(warehouse, "elsewhere", b"everybody's")
    texts = [an_id(name) for name in ("milestone hers", "task hers", "document hers", "quote hers", "signed")]
    warehouse.load()
    before = places_of(root, *texts)

    [erasure] = erase(settings, Subject("milestone", an_id("milestone hers").upper())).erasures
    warehouse.take_in(her_milestone(at="2025-04-01T00:00:00Z"))
    warehouse.publish()
    left = places_of(root, *texts)
    milestones = warehouse.column("select milestone_id from milestones order by 1")
    reasons = dict(warehouse.rows("select reason, count(*) from ops.deliveries group by all"))
    warehouse.close()
    write_last_backup(settings.layout, LastBackup(made_at=warehouse.clock.now(), folder="/backups"))
    of_site = erase(settings, Subject("site", f"{{{an_id('site hers')}}}"))
    listed = [{"site_id": an_id(f"site {name}"), "site_last_updated": "2026-01-01T00:00:00Z"} for name in ("hers", "x")]
    land_answer(warehouse, {"data": listed}, purpose="rest_sites", object="page 1")
    known = read_listed_sites(settings)
    warehouse.load()
    warehouse.publish()

    assert before
    assert left == set()
    assert ["/backups"] == list(of_site.left)
    assert sorted(an_id(f"milestone {name}") for name in ("other", "near")) == milestones
    assert (8, 7, 1) == (erasure.erased["landing lines"], reasons["erased"] - 1, reasons["erased in part"])
    assert (False, True, True) == (hers.exists(), others.exists(), twice.exists())
    assert set() == places_of(root, an_id("site hers"))
    assert (
        [an_id("site x")]
        == [site.site_id for site in known.sites]
        == warehouse.column("select distinct site_id from history.site_listings")
    )
    assert (True, False) == (known.is_erased(an_id("milestone hers")), known.is_erased(an_id("milestone other")))
    assert [an_id("milestone other")] == warehouse.column("select milestone_id from milestones")
    assert [an_id("milestone other")] == warehouse.column("select milestone_id from history.milestone_listings")
    assert read_status(settings, deep=True).balanced


@pytest.mark.deep
def test_what_is_loaded_and_published_meanwhile_is_erased_too(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = warehouse.settings
    warehouse.deliver(her_milestone())
    batches: list[str] = []
    seen = []

    def planned_before() -> None:
        with monkeypatch.context() as before:
            before.setattr("sighten_warehouse.load.erased.read_tombstones", lambda _: Tombstones(b""))
            warehouse.land(her_milestone("planned"))
            batches.extend(plan(settings))
            warehouse.land(her_milestone("planned and late"))
            batches.extend(plan(settings, max_batches=2))

    def meanwhile(*_: int) -> None:
        if not batches:
            planned_before()
            flatten(settings, batches[0])
            commit(settings, batches[:1])
            warehouse.deliver(a_milestone("meanwhile"))
            warehouse.land(her_milestone("pending"))
            seen.append(read_status(settings).unfinished_erasures)

    warehouse.close()
    erase(settings, Subject("email", ADDRESS), Run(on_progress=meanwhile))
    after = found(warehouse, tmp_path / "none")
    warehouse.load()
    warehouse.publish()

    assert [1] == list(map(len, seen))
    assert set() == after == found(warehouse, tmp_path / "none")
    assert 5 == warehouse.value("select count(*) from milestones")
    assert read_status(settings, deep=True).balanced

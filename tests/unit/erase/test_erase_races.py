"""An erasure that begins while others load or rebuild: what they had read of it before is not committed after."""

import pytest

from sighten_warehouse.erase import resume
from sighten_warehouse.errors import LakeError
from sighten_warehouse.landing.erasures import Erasure, new_tombstones, write_erasure
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load.erased import erase_uncommitted
from sighten_warehouse.load.step import commit, flatten, plan
from sighten_warehouse.ops.landing import verify_landing
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from support.factories import a_milestone, an_id
from support.searching import places_of
from support.warehouses import Warehouse

SITE = an_id("site one")


def begin_erasure(warehouse: Warehouse) -> None:
    """Write the receipt, as an erasure does before it looks for what is to go."""
    layout = warehouse.settings.layout
    digest = new_tombstones(layout, dry_run=False).digest(SITE)
    name = "20250301T000000.000000Z"
    write_erasure(
        layout, Erasure(erasure_id=name, what="site", digest=digest, digests=(digest,), begun_at="2025-03-01T00:00:00Z")
    )


def assert_erased(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    resume(settings)
    assert {} == verify_landing(settings).damaged
    assert set() == places_of(settings.layout.root, SITE)
    assert read_status(settings).balanced


def test_a_batch_flattened_before_is_not_committed_but_flattened_again(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.land(a_milestone("one"))
    [batch] = plan(settings)
    flatten(settings, batch)
    begin_erasure(warehouse)
    warehouse.land(a_milestone("two"))
    [other] = plan(settings)

    refused = commit(settings, [batch]).refused

    assert (batch != other, [batch]) == (True, list(refused))
    assert 2 == warehouse.load().landed
    assert_erased(warehouse)


def test_a_landing_file_that_was_committed_meanwhile_is_left_to_the_erasure(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    warehouse.take_in(a_milestone("one"))
    begin_erasure(warehouse)

    erased = erase_uncommitted(layout, landing_files(layout.landing))  # as were pending a moment ago

    assert 0 == erased
    assert {} == verify_landing(warehouse.settings).damaged
    assert_erased(warehouse)


@pytest.mark.deep
def test_a_rebuild_that_read_it_before_is_not_swapped_in(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.deliver(a_milestone("two"))
    warehouse.land(a_milestone("one"))

    def meanwhile(done: int, of: int) -> None:
        if done == of:
            begin_erasure(warehouse)
            plan(settings)

    with pytest.raises(LakeError, match=r"1 landing files .* erased meanwhile.* rebuild again"):
        rebuild(settings, on_progress=meanwhile)

    assert 2 == rebuild(settings).landed
    assert_erased(warehouse)

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from prove.checks import check_acknowledged, check_erased, check_outcomes, landed_bodies
from prove.figures import Figures
from prove.reader import read_once, was_erased_since
from prove.restored import check_restored
from prove.sender import Acknowledged
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery
from sighten_warehouse.backup import back_up
from sighten_warehouse.backup.restore import restore
from sighten_warehouse.erase import Subject, erase
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.line import parse_landing_line, without_body
from sighten_warehouse.settings import read_settings
from support.factories import a_milestone, an_id, as_json
from support.warehouses import Warehouse


@pytest.fixture
def acknowledged(warehouse: Warehouse, tmp_path: Path) -> Acknowledged:
    """Two deliveries, landed and published, and the log of the sender that had them acknowledged."""
    bodies = [as_json(a_milestone("one")), as_json(a_milestone("two"))]
    warehouse.deliver(*bodies)
    log = Acknowledged(tmp_path / "acknowledged")
    for (landing_id, digest), body in zip(sorted(landed_bodies(warehouse.settings.layout)), bodies, strict=True):
        log.add(PlannedDelivery("m", "first", "compact", body), b'{"landing_id": "%s"}' % landing_id.encode())
        assert digest == log.bodies[landing_id]
    return log


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"one', b'"0ne', 1))


def doubled(path: Path) -> None:
    path.with_name(f"copy of {path.name}").write_bytes(path.read_bytes())


@pytest.mark.parametrize(
    ("harm", "found"),
    [(Path.touch, (0, 0, 0)), (Path.unlink, (2, 0, 1)), (damaged, (1, 0, 1)), (doubled, (0, 2, 1))],
    ids=["no harm", "gone", "damaged", "doubled"],
)
def test_what_was_acknowledged_must_be_landed_unchanged_and_once(
    warehouse: Warehouse,
    acknowledged: Acknowledged,
    tmp_path: Path,
    harm: Callable[[Path], object],
    found: tuple[int, int, int],
) -> None:
    landing, figures = warehouse.settings.layout.landing, Figures()
    harm(landing / landing_files(landing)[0])

    check_acknowledged(landed_bodies(warehouse.settings.layout), acknowledged, figures, tmp_path)

    assert found == (figures.lost, figures.doubled, len(figures.broken))
    assert 2 == figures.acknowledged


def test_a_body_may_be_erased_only_if_it_names_who_was_to_be_erased_and_its_line_stays(
    warehouse: Warehouse, acknowledged: Acknowledged, tmp_path: Path
) -> None:
    layout = warehouse.settings.layout
    path = layout.landing / landing_files(layout.landing)[0]
    first, *rest = path.read_bytes().splitlines()
    line = parse_landing_line(first)
    path.write_bytes(b"\n".join([without_body(line).rstrip(b"\n"), *rest, b""]))
    named = {acknowledged.bodies[line.landing_id]}
    asked, not_asked = Figures(), Figures()

    check_acknowledged(landed_bodies(layout), acknowledged, asked, tmp_path, erasable=named)
    check_acknowledged(landed_bodies(layout), acknowledged, not_asked, tmp_path)

    assert (0, 1) == (asked.lost, asked.erased)
    assert (1, 0) == (not_asked.lost, not_asked.erased)


def test_who_is_still_named_in_landing_or_in_a_table_was_not_erased(
    warehouse: Warehouse, acknowledged: Acknowledged
) -> None:
    figures, site = Figures(), json.loads(as_json(a_milestone("one")))["site"]

    check_erased(warehouse.settings.layout, {"--site=x": site, "--email=y": "nobody@example.com"}, figures)

    assert acknowledged.bodies
    [broken] = figures.broken
    assert "--site=x: {'landing': 1, 'milestones': 1" in broken.what


@pytest.mark.parametrize("harm", [Path.touch, Path.unlink, damaged], ids=["no harm", "gone", "damaged"])
def test_a_restored_home_must_be_what_was_backed_up(
    warehouse: Warehouse, acknowledged: Acknowledged, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    back_up(warehouse.settings, tmp_path / "backups")
    restored, figures = read_settings({"SIGHTEN_HOME": str(tmp_path / "restored")}), Figures()
    restore(restored, tmp_path / "backups")
    landing = restored.layout.landing
    harm(landing / landing_files(landing)[0])

    check_restored(tmp_path / "restored", figures)

    assert acknowledged.bodies
    assert (1, harm is Path.touch) == (figures.restored, not figures.broken)
    assert (harm is Path.touch) is not restored.layout.root.exists()


def test_each_landed_delivery_must_have_one_outcome(
    warehouse: Warehouse, acknowledged: Acknowledged, tmp_path: Path
) -> None:
    layout, right, wrong = warehouse.settings.layout, Figures(), Figures()
    landed = landed_bodies(layout)

    check_outcomes(layout, landed, right, tmp_path)
    check_outcomes(layout, Counter([*acknowledged.bodies.items()][:1] + [("another", "digest")]), wrong, tmp_path)

    assert [] == right.broken
    assert (1, ["every landed delivery has an outcome", "every outcome has its landed delivery"]) == (
        wrong.lost,
        [broken.promise for broken in wrong.broken],
    )


def test_a_reader_notices_a_version_with_the_rows_of_another(warehouse: Warehouse, acknowledged: Acknowledged) -> None:
    layout = warehouse.settings.layout
    version, well = read_once(layout)
    manifest = layout.versions / f"{version}.json"
    manifest.write_text(manifest.read_text().replace('"main.milestones": 2', '"main.milestones": 3'))

    _, mixed = read_once(layout)

    assert 2 == len(acknowledged.bodies)
    assert [] == well
    assert [f"{version}: main.milestones: 2 rows, recorded 3"] == mixed


def test_a_reader_whose_history_an_erasure_took_knows_it(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone("one"), a_milestone("two"))
    layout, opened_at = warehouse.settings.layout, time.time()
    before = was_erased_since(layout, opened_at)

    erase(warehouse.settings, Subject("milestone", an_id("milestone one")))

    assert (False, True) == (before, was_erased_since(layout, opened_at))
    assert not was_erased_since(layout, time.time() + 60)

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from prove.checks import check_acknowledged, check_outcomes, landed_bodies
from prove.figures import Figures
from prove.reader import read_once
from prove.sender import Acknowledged
from sighten_simulator.webhooks.delivery_plan import PlannedDelivery
from sighten_warehouse.landing.files import landing_files
from support.factories import a_milestone, as_json
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

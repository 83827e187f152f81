"""What `watch` prints, and its exit codes."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from support.factories import a_milestone
from support.hearing import listening_webhook
from support.warehouses import Warehouse


@pytest.fixture
def late(warehouse: Warehouse) -> Path:
    """A home with a delivery that is not published in time."""
    warehouse.land(a_milestone())
    return warehouse.settings.home


def watch(home: Path, command: str = "watch", **settings: str) -> Result:
    limits = {"SIGHTEN_MAX_UNPUBLISHED_MINUTES": "0.00001", "SIGHTEN_MIN_FREE_DISK": "1MB"}
    environment = {name: None for name in os.environ if name.startswith("SIGHTEN_")}
    return CliRunner().invoke(commands, [command], env=environment | limits | {"SIGHTEN_HOME": str(home)} | settings)


def test_it_says_what_is_open_and_what_it_sent_and_status_shows_the_same(late: Path) -> None:
    with listening_webhook() as heard:
        first, second = (watch(late, SIGHTEN_ALERTS=heard.url) for _ in range(2))
        heard.status = 500
        [landed] = (late / "production" / "landing").glob("*/*")
        landed.unlink()
        unsent = watch(late, SIGHTEN_ALERTS=heard.url)
        heard.status = 200
        over = watch(late, SIGHTEN_ALERTS=heard.url)

    assert [0, 0, 1, 0] == [result.exit_code for result in (first, second, unsent, over)]
    assert "error: unpublished deliveries: 1, of these not loaded: 1, the oldest since " in first.stdout
    assert "(docs/runbook.md#deliveries-are-not-published)\nsent open: deliveries_unpublished\n" in first.stdout
    assert second.stdout.endswith("\nsent nothing\n")
    assert "error: not sent: http://127.0.0.1:" in unsent.stderr
    assert "answered 500, expected 2xx; the next check tries again" in unsent.stderr
    assert "s3cret" not in unsent.output
    assert over.stdout.endswith("sent over: deliveries_unpublished\n")


def test_a_problem_that_nobody_is_told_of_makes_it_fail_as_it_makes_status(late: Path) -> None:
    untold, status = watch(late), watch(late, "status")

    assert (1, 1) == (untold.exit_code, status.exit_code)
    assert "error: SIGHTEN_ALERTS is not set, so nobody was told" in untold.stderr
    [problem] = status.stderr.splitlines()
    assert problem in untold.stdout.splitlines()

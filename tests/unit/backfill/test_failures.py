"""The files of failed sites: their keys stay those of earlier versions."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sighten_warehouse.backfill.rest.failures import Failure, failures, note_failure
from sighten_warehouse.backfill.rest.listed_sites import ListedSite
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.settings import Settings

SITE = "0b4f7a4c-30d6-4a5c-9a53-7f8a1c0e4f11"
NOW = datetime(2026, 11, 1, 13, tzinfo=UTC)
OLD_FILE = {
    "site_id": SITE,
    "site_updated_at": None,
    "error": "ApiUnavailableError",
    "said": "/api/v1/task: answered 500",
    "attempts": 2,
    "failed_at": "2026-11-01T13:00:00Z",
}


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    layout = Settings(home=tmp_path).layout
    layout.failed_sites.mkdir(parents=True)
    (layout.failed_sites / f"{SITE}.json").write_text(json.dumps(OLD_FILE))

    found = failures(layout)

    expected = Failure(
        site_id=SITE,
        site_updated_at=None,
        error="ApiUnavailableError",
        message="/api/v1/task: answered 500",
        attempts=2,
        failed_at=NOW,
    )
    assert {SITE: expected} == found


def test_a_new_file_has_the_same_keys(tmp_path: Path) -> None:
    layout = Settings(home=tmp_path).layout
    site = ListedSite(SITE, None, NOW, is_landed=False, is_loaded=False, milestones=None)

    note_failure(layout, site, ApiUnavailableError("/api/v1/task: answered 500"), attempts=2, now=NOW)

    assert OLD_FILE == json.loads((layout.failed_sites / f"{SITE}.json").read_text())

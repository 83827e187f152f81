"""The time of receiving of past deliveries: from a field, from the path, or from the file."""

import os
import struct
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sighten_warehouse.backfill.files.times import name_pattern
from sighten_warehouse.landing.files import landing_files
from support.factories import SAMPLE_BYTES
from support.importing import NOW, imported, tarred, times, write, zipped
from support.warehouses import Warehouse


def test_without_options_the_time_is_that_of_the_file_plus_a_microsecond_for_each_earlier_body(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    file = write(tmp_path / "lines", b'{"a": 1}\n{"a": 2}\n{"a": 3}')

    imported(warehouse, file)

    assert [f"2018-08-30T15:11:33.00000{number}Z" for number in range(3)] == times(warehouse)
    assert landing_files(warehouse.settings.layout.landing)[0].startswith("received_date=2018-08-30/")


def test_a_member_has_its_own_time_or_else_that_of_its_archive(warehouse: Warehouse, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "dated.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("dos", (2019, 1, 2, 3, 4, 6)), b'{"n": 0}')
        with_unix_time = zipfile.ZipInfo("unix", (2020, 1, 1, 1, 1, 2))
        with_unix_time.extra = struct.pack("<2HBi", 0x5455, 5, 1, 1_546_398_248)
        archive.writestr(with_unix_time, b'{"n": 1}')
    write(tmp_path / "undated.zip", zipped(("a", b'{"n": 2}'), at=(1980, 1, 1, 0, 0, 0)))
    write(tmp_path / "dated.tar", tarred(("a", b'{"n": 3}'), at=1_546_398_247))
    write(tmp_path / "undated.tar", tarred(("a", b'{"n": 4}'), at=0))

    imported(
        warehouse, tmp_path / "dated.zip", tmp_path / "undated.zip", tmp_path / "dated.tar", tmp_path / "undated.tar"
    )

    old = "2018-08-30T15:11:33.000000Z"
    of_members = [f"2019-01-02T03:04:0{second}.000000Z" for second in (6, 7, 8)]
    assert [old, old, *of_members] == sorted(times(warehouse))


def test_a_future_time_is_not_used(warehouse: Warehouse, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b'{"at": "2126-01-01T00:00:00Z"}', at=NOW + timedelta(days=400))

    tally = imported(warehouse, file, field="at")

    assert [NOW.isoformat(timespec="microseconds").replace("+00:00", "Z")] == times(warehouse)
    assert (1, str(file)) == (tally.without_requested_time, tally.first_without_requested_time)
    assert {"run": 1} == tally.times


def test_a_future_time_of_a_file_is_counted_if_no_other_source_is_requested(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    write(tmp_path / "dump" / "future", b'{"at": 1}', at=NOW + timedelta(days=400))
    write(tmp_path / "dump" / "past", b'{"at": 2}')

    tally = imported(warehouse, tmp_path / "dump")

    assert (1, str(tmp_path / "dump" / "future")) == (tally.without_requested_time, tally.first_without_requested_time)
    assert {"run": 1, "file": 1} == tally.times


@pytest.mark.parametrize("seconds", [300_000_000_000, -100_000_000_000])
def test_a_files_time_that_no_calendar_has_is_none(warehouse: Warehouse, tmp_path: Path, seconds: int) -> None:
    file = write(tmp_path / "file", b"{}")
    os.utime(file, (seconds, seconds))  # some file systems, as ext4, take the nearest that they can keep

    tally = imported(warehouse, file)

    assert ({"run": 1}, 1) == (tally.times, tally.without_requested_time)


FIELDS = {
    b'{"at": "2018-09-04T17:11:58.241730Z"}': "2018-09-04T17:11:58.241730Z",
    b'{"at": "2018-09-04T17:11:58"}': "2018-09-04T17:11:58.000000Z",
    b'{"at": "2018-09-04T19:11:58+02:00"}': "2018-09-04T17:11:58.000000Z",
    b"{'at': '2018-09-04 17:11:58', 'ready': True}": "2018-09-04T17:11:58.000000Z",
    b'{"at": 1536081118}': "2018-09-04T17:11:58.000000Z",
    b'{"at": 1536081118241}': "2018-09-04T17:11:58.241000Z",
}
NO_FIELDS = [
    b'{"at": "yesterday"}',
    b'{"at": null}',
    b'{"at": true}',
    b'{"at": ""}',
    b'{"at": 1e999}',
    b'{"at": -5}',
    b'{"at": "9999-12-31T23:59:59-12:00"}',
    b'{"at": {"on": 1}}',
    b"{}",
    b"no json",
    b'["at"]',
]


@pytest.mark.parametrize("body", FIELDS)
def test_a_field_of_the_body_gives_the_time(warehouse: Warehouse, tmp_path: Path, body: bytes) -> None:
    tally = imported(warehouse, write(tmp_path / "file", body), field="at")

    assert [FIELDS[body]] == times(warehouse)
    assert ({"field": 1}, 0) == (tally.times, tally.without_requested_time)


@pytest.mark.parametrize("body", NO_FIELDS)
def test_a_body_without_a_readable_time_in_its_field_gets_the_time_of_the_file_and_is_counted(
    warehouse: Warehouse, tmp_path: Path, body: bytes
) -> None:
    tally = imported(warehouse, write(tmp_path / "file", body), field="at")

    assert ["2018-08-30T15:11:33.000000Z"] == times(warehouse)
    assert ({"file": 1}, 1) == (tally.times, tally.without_requested_time)


def test_a_field_may_be_nested_and_the_path_is_the_fallback(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "2020-01-01" / "sample", SAMPLE_BYTES)
    write(tmp_path / "2020-01-02" / "other", b"{}")

    tally = imported(warehouse, tmp_path, field="comments.1.timestamp", pattern="%Y-%m-%d")

    assert ["2018-09-04T17:11:58.241730Z", "2020-01-02T00:00:00.000000Z"] == times(warehouse)
    assert 1 == tally.without_requested_time


NAMES = [
    ("%Y-%m-%dT%H-%M-%S", "dump/2018-09-04T17-11-58.json", "2018-09-04T17:11:58"),
    ("%Y%m%d%H%M%S.%f", "dump/20180904171158.24173-x.json", "2018-09-04T17:11:58.241730"),
    ("%Y/%m/%d", "2017/01/01/dump.zip/2018/09/04/x.json", "2018-09-04T00:00:00"),
    ("%d%b%Y %H.%M%z", "04Sep2018 17.11+0200", "2018-09-04T15:11:00"),
    ("%Y-%m-%d", "2018-09-04/2018-99-99.json", "2018-09-04T00:00:00"),
    (r"(?P<year>\d{4})-(?P<month>\d\d)", "2018-09.json", "2018-09-01T00:00:00"),
    (
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:\.(?P<fraction>\d+))?",
        "20180904.5",
        "2018-09-04T00:00:00.500000",
    ),
    (r"-(?P<epoch>\d+)", "delivery-1536081118.json", "2018-09-04T17:11:58"),
    (r"-(?P<epoch>\d+)", "delivery-1536081118241.json", "2018-09-04T17:11:58.241000"),
    ("%Y-%m-%d", "undated.json", None),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), NAMES)
def test_the_last_match_in_the_path_gives_the_time(pattern: str, path: str, expected: str | None) -> None:
    found = name_pattern(pattern).time_in(path)

    assert (None if expected is None else datetime.fromisoformat(f"{expected}+00:00")) == found


@pytest.mark.parametrize("pattern", ["dump", "%Q", "%Y-%", r"(?P<year>\d+", r"(?P<yaer>\d+)", r"(?P<month>\d+)"])
def test_a_malformed_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"expected|not a regular expression"):
        name_pattern(pattern)

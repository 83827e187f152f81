"""What `SIGHTEN_HOME` may be, and where its files are on this machine."""

from pathlib import Path

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.objects.homes import connected
from sighten_warehouse.remotes import REMOTES, present, remote_of, shown_place
from sighten_warehouse.settings import read_settings


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    REMOTES.clear()


def test_a_file_url_is_the_folder_itself(tmp_path: Path) -> None:
    layout = read_settings({"SIGHTEN_HOME": f"file://{tmp_path}"}).layout

    assert tmp_path / "production" == layout.root
    assert None is remote_of(layout.root)


@pytest.mark.parametrize("url", ["s3://bucket/some/prefix", "gs://bucket", "az://container/prefix/"])
def test_a_bucket_has_a_mirror_below_the_cache_and_each_its_own(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "default"))

    here = read_settings({"SIGHTEN_HOME": url, "SIGHTEN_CACHE": str(tmp_path / "cache")}).layout
    default = read_settings({"SIGHTEN_HOME": f"{url.rstrip('/')}-other"}).layout

    assert tmp_path / "cache" == here.root.parents[1]
    assert tmp_path / "default" / "sighten-warehouse" == default.root.parents[1]
    assert f"{url.rstrip('/')}/production/landing" == shown_place(here.landing)
    assert {url.rstrip("/"), f"{url.rstrip('/')}-other"} == set(connected().values())
    assert not here.root.exists()  # nothing is made before there is something to write


@pytest.mark.parametrize(
    "url",
    ["s3://", "ftp://host/x", "s3://key:secret@bucket/x", "s3://bucket/x?versionId=1", "file://host/x"],
)
def test_another_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_HOME: expected a folder, or s3://bucket/prefix") as it:
        read_settings({"SIGHTEN_HOME": url})

    assert "secret" not in str(it.value)


def test_a_local_file_is_present_without_a_look_anywhere(tmp_path: Path) -> None:
    assert tmp_path / "none" == present(tmp_path / "none")

"""The file of tenants: what each has of its own, what all share, and what is refused."""

from pathlib import Path

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import TenantEntry, read_settings, read_tenants
from support.tenancy import write_tenants


def read(folder: Path, text: str, **environ: str) -> dict[str, TenantEntry]:
    return read_tenants({"SIGHTEN_TENANTS": str(write(folder, text)), "SIGHTEN_HOME": "/srv/warehouse", **environ})


def write(folder: Path, text: str) -> Path:
    (folder / "tenants.yml").write_text(text)
    return folder / "tenants.yml"


def test_a_tenant_has_its_settings_and_the_rest_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("the token of acme")
    path = write(
        tmp_path,
        f"""
acme:
  SIGHTEN_API_TOKEN_FILE: {tmp_path}/token
  SIGHTEN_RECEIVER_OPEN_TO_ANYONE: yes
  slots: 5
north_west-2:
  SIGHTEN_API_TOKEN: ${{NORTH_WEST_TOKEN}}
  SIGHTEN_HOME: /srv/north
  SIGHTEN_ENV: test
  SIGHTEN_BACKUP_TO:
""",
    )
    environ = {
        "SIGHTEN_TENANTS": str(path),
        "SIGHTEN_HOME": "/srv/warehouse",
        "SIGHTEN_API_URL": "https://engine.goeverbright.com",
        "SIGHTEN_BACKUP_TO": "/backups",
        "NORTH_WEST_TOKEN": "another token",
    }

    acme, north = (read_settings(environ, tenant=name) for name in ("acme", "north_west-2"))

    assert Path("/srv/warehouse/acme/production") == acme.layout.root
    assert Path("/srv/north/test") == north.layout.root
    assert (Path("/backups/acme"), Path("/backups/north_west-2")) == (acme.backup_to, north.backup_to)
    assert ("the token of acme", "another token") == (acme.api_token.value, north.api_token.value)  # type: ignore[union-attr]
    assert ("yes", "no") == (acme.receiver_open_to_anyone, north.receiver_open_to_anyone)
    assert {"https://engine.goeverbright.com"} == {acme.api_url, north.api_url}
    assert ("acme", "north_west-2") == (acme.tenant, north.tenant)
    assert [5, 2] == [entry.slots for entry in read_tenants(environ).values()]
    assert acme == read_settings({**environ, "SIGHTEN_TENANT": "acme"})


def test_tenants_that_share_a_catalog_have_a_namespace_each(tmp_path: Path) -> None:
    path = write(tmp_path, "acme:\nnorth-2:\n  SIGHTEN_CATALOGS: iceberg:prod.north\nsouth-3:\n")
    environ = {"SIGHTEN_TENANTS": str(path), "SIGHTEN_CATALOGS": "ducklake, iceberg:prod.sighten"}

    found = {name: read_settings(environ, tenant=name).catalogs for name in ("acme", "north-2", "south-3")}

    assert ("ducklake", "iceberg:prod.sighten_acme") == found["acme"]
    assert ("iceberg:prod.north",) == found["north-2"]
    assert ("ducklake", "iceberg:prod.sighten_south_3") == found["south-3"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    before = list(read(tmp_path, "acme:\n"))

    assert (["acme"], ["acme", "borealis"]) == (before, list(read(tmp_path, "acme:\nborealis:\n")))


@pytest.mark.parametrize("environ", [{}, {"SIGHTEN_TENANT": "nobody"}, {"SIGHTEN_TENANT": "Acme"}], ids=str)
def test_without_a_tenant_or_with_an_unknown_one_the_names_are_listed(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="--tenant or SIGHTEN_TENANT with one of acme, borealis"):
        read_settings(write_tenants(tmp_path) | environ)


def test_a_tenant_without_a_file_of_tenants_is_refused() -> None:
    with pytest.raises(SettingError, match="acme: there are no tenants; expected a file of tenants in SIGHTEN_TENANTS"):
        read_settings({"SIGHTEN_TENANT": "acme"})


@pytest.mark.parametrize("name", ["Acme", "acme inc", "-acme", "_acme", "ac/me", "..", "a" * 41, "açme"])
def test_a_name_that_no_folder_url_and_dag_can_have_is_refused(tmp_path: Path, name: str) -> None:
    entries = read(tmp_path, f"{name}:\nborealis:\n")

    assert "expected a name of at most 40 lower-case letters, digits, _ and -" in (entries[name].problem or "")
    assert entries["borealis"].problem is None


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("  SIGHTEN_API_TOKEN: hush-1", "SIGHTEN_API_TOKEN: a secret may not stand in this file; expected the name of"),
        (
            "  SIGHTEN_WEBHOOK_SECRET: hush-1",
            "such as ${ACME_WEBHOOK_SECRET}, or a file in SIGHTEN_WEBHOOK_SECRET_FILE",
        ),
        ("  SIGHTEN_ALERTS: https://hush-1/x", "SIGHTEN_ALERTS: a secret may not stand in this file"),
        ("  SIGHTEN_API_TOKEN: ${SIGHTEN_ACME}", "expected a variable whose name does not begin with SIGHTEN_"),
        ("  SIGHTEN_API_TOKEN: ${ACME_TOKEN}", "expected the variable ACME_TOKEN to be set"),
        (
            "  SIGHTEN_API_TOKEN_FILE: /nowhere",
            "SIGHTEN_API_TOKEN_FILE: expected a readable file that holds the secret",
        ),
        ("  SIGHTEN_TYPO: 1", "SIGHTEN_TYPO: no such setting"),
        ("  SIGHTEN_TENANT: other", "SIGHTEN_TENANT: no such setting; expected slots or"),
        ("  home: /srv", "home: no such setting; expected slots or"),
        ("  SIGHTEN_ENV: staging", "expected production or test"),
        ("  slots: 0", "slots: expected a whole number from 1 to 64"),
        ("  SIGHTEN_ENV: [production]", "line 2: expected the name of a setting and one value"),
        ("  SIGHTEN_PII: full\n  SIGHTEN_PII: masked", "line 3: SIGHTEN_PII is there twice"),
        ("  just a text", "expected its settings below it"),
    ],
)
def test_what_is_wrong_with_a_tenant_is_said_with_its_name_and_concerns_no_other(
    tmp_path: Path, settings: str, problem: str
) -> None:
    environ = {"SIGHTEN_TENANTS": str(write(tmp_path, f"acme:\n{settings}\nborealis:\n"))}

    with pytest.raises(SettingError) as refused:
        read_settings(environ, tenant="acme")

    assert problem in str(refused.value)
    assert f"tenant acme in {tmp_path}/tenants.yml: " in str(refused.value)
    assert "hush-1" not in str(refused.value)
    assert "borealis" == read_settings(environ, tenant="borealis").tenant


@pytest.mark.parametrize(
    ("acme", "borealis", "problem"),
    [
        ("SIGHTEN_HOME: /srv/a", "SIGHTEN_HOME: /srv/x/../a/", "SIGHTEN_HOME: /srv/a is that of tenant"),
        ("SIGHTEN_HOME: /srv/warehouse/borealis", "SIGHTEN_ENV: test", "SIGHTEN_HOME: /srv/warehouse/borealis is that"),
        ("SIGHTEN_HOME: /srv/a", "SIGHTEN_HOME: /srv/a/production/b", "of tenant borealis is inside /srv/a/production"),
        ("SIGHTEN_RECEIVER_PORT: 8101", "SIGHTEN_RECEIVER_PORT: 8101", "SIGHTEN_RECEIVER_PORT: 127.0.0.1:8101 is that"),
        ("SIGHTEN_CATALOGS: ducklake,iceberg:c.n", "SIGHTEN_CATALOGS: iceberg:c.n", "SIGHTEN_CATALOGS: iceberg:c.n is"),
        ("SIGHTEN_BACKUP_TO: /b", "SIGHTEN_BACKUP_TO: /b", "SIGHTEN_BACKUP_TO: /b is that of tenant"),
        ("SIGHTEN_API_TOKEN_FILE: /t", "SIGHTEN_API_TOKEN_FILE: /t", "SIGHTEN_API_TOKEN_FILE: /t is that of tenant"),
        ("SIGHTEN_WEBHOOK_SECRET: ${S}", "SIGHTEN_WEBHOOK_SECRET: ${S}", "SIGHTEN_WEBHOOK_SECRET: ${S} is that of"),
    ],
)
def test_what_two_tenants_may_not_share_makes_both_unusable_and_no_other(
    tmp_path: Path, acme: str, borealis: str, problem: str
) -> None:
    entries = read(tmp_path, f"acme:\n  {acme}\nborealis:\n  {borealis}\nthird:\n")

    assert [True, True] == [problem in (entries[name].problem or "") for name in ("acme", "borealis")]
    assert entries["third"].problem is None


def test_a_home_of_before_may_hold_those_of_other_tenants(tmp_path: Path) -> None:
    entries = read(tmp_path, "first:\n  SIGHTEN_HOME: /srv/warehouse\nsecond:\n", SIGHTEN_RECEIVER_PORT="8088")

    assert [None, None] == [entry.problem for entry in entries.values()]


@pytest.mark.parametrize("setting", ["SIGHTEN_API_TOKEN", "SIGHTEN_WEBHOOK_SECRET_FILE"])
def test_a_secret_of_the_environment_belongs_to_no_tenant_and_is_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(SettingError, match=f"{setting}: with SIGHTEN_TENANTS each tenant has its own"):
        read_settings(write_tenants(tmp_path) | {setting: "any"}, tenant="acme")


def test_a_receiver_needs_no_token_of_the_api_and_nobody_else_the_secret_of_webhooks(tmp_path: Path) -> None:
    environ = write_tenants(tmp_path, settings={"SIGHTEN_WEBHOOK_AUTH": "header"})
    text = Path(environ["SIGHTEN_TENANTS"]).read_text()
    Path(environ["SIGHTEN_TENANTS"]).write_text(text.replace("acme:", "acme:\n  SIGHTEN_API_TOKEN_FILE: /nowhere"))

    receiver = read_settings(environ, tenant="acme", for_receiver=True)
    (tmp_path / "borealis_secret").unlink()
    tasks = read_settings(environ, tenant="borealis")

    assert (["the secret of acme"], None) == ([secret.value for secret in receiver.webhook_secret], receiver.api_token)
    assert () == tasks.webhook_secret


def test_alerts_of_a_tenant_replace_those_of_all(tmp_path: Path) -> None:
    environ = write_tenants(tmp_path, "third:\n  SIGHTEN_ALERTS: ${THIRD_ALERTS}\n")
    (tmp_path / "alerts").write_text("https://example.com/all")
    environ |= {"SIGHTEN_ALERTS_FILE": str(tmp_path / "alerts"), "THIRD_ALERTS": "https://example.com/third"}

    found = [read_settings(environ, tenant=name).alerts[0].value for name in ("acme", "third")]

    assert ["https://example.com/all", "https://example.com/third"] == found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("acme: {hush-1: [\n", "tenants.yml:2: this is no YAML; expected tenants"),
        ("- acme\n", "tenants.yml: expected tenants, each with its settings below it"),
        ("", "tenants.yml: expected tenants, each with its settings below it"),
        ("acme:\nacme:\n", "tenants.yml:2: tenant acme is there twice"),
        ("[acme]:\n", "tenants.yml:1: expected the name of a tenant"),
    ],
)
def test_a_file_that_is_not_one_of_tenants_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(tmp_path, text)

    assert problem in str(refused.value)
    assert "hush-1" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"SIGHTEN_TENANTS: .*none.yml: No such file"):
        read_tenants({"SIGHTEN_TENANTS": str(tmp_path / "none.yml")})

from pathlib import Path
from typing import get_type_hints

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import IN_A_FILE, PREFIX, SECRETS, Settings, read_settings, setting_names

ENV_EXAMPLE = Path(__file__).parents[2] / ".env.example"


def example() -> dict[str, tuple[str, str]]:
    """Each setting of .env.example: its value and the comment above it."""
    found: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in ENV_EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = (value, " ".join(comment))
        if not line.startswith("#"):
            comment = []
    return found


def test_the_example_lists_every_setting_and_no_other() -> None:
    assert setting_names() == list(example())


def test_the_example_describes_each_setting() -> None:
    described = {name: comment for name, (_, comment) in example().items()}

    kinds = get_type_hints(Settings, include_extras=True)
    files = {PREFIX + name.upper() + IN_A_FILE: described.pop(PREFIX + name.upper() + IN_A_FILE) for name in SECRETS}
    assert {PREFIX + name.upper(): kind.__metadata__[0].description for name, kind in kinds.items()} == described
    assert all(f"instead of {name.removesuffix(IN_A_FILE)}" in comment for name, comment in files.items())


def test_the_example_holds_the_defaults() -> None:
    values = {name: value for name, (value, _) in example().items()}

    assert Settings() == read_settings(values)


def test_the_example_holds_no_secret() -> None:
    values = {name: value for name, (value, _) in example().items() if name.endswith(("_TOKEN", "_SECRET"))}

    assert {"SIGHTEN_API_TOKEN": "", "SIGHTEN_WEBHOOK_SECRET": ""} == values


def test_settings_come_from_the_environment() -> None:
    settings = read_settings(
        {
            "SIGHTEN_HOME": "/srv/sighten",
            "SIGHTEN_ENV": "test",
            "SIGHTEN_API_URL": "https://onboard.goeverbright.com/",
            "SIGHTEN_RECEIVER_PORT": "9000",
            "SIGHTEN_WEBHOOK_SECRET": "new, old",
            "SIGHTEN_ENRICH_STATUSES": "APPROVED,INPROG",
            "PATH": "/usr/bin",
        }
    )

    assert Path("/srv/sighten/test") == settings.layout.root
    assert "https://onboard.goeverbright.com" == settings.api_url
    assert 9000 == settings.receiver_port
    assert ["new", "old"] == [secret.value for secret in settings.webhook_secret]
    assert ("APPROVED", "INPROG") == settings.enrich_statuses


def test_an_empty_setting_means_its_default() -> None:
    assert Settings() == read_settings({"SIGHTEN_HOME": "", "SIGHTEN_RECEIVER_PORT": ""})


def test_test_and_production_share_no_path() -> None:
    production, test = (read_settings({"SIGHTEN_ENV": env}).layout.root for env in ("production", "test"))

    assert production != test
    assert production.parent == test.parent


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SIGHTEN_RECIEVER_PORT", "8088", "no such setting; expected one of SIGHTEN_HOME"),
        ("SIGHTEN_RECEIVER_PORT", "eighty", "expected a whole number (got 'eighty')"),
        ("SIGHTEN_RECEIVER_PORT", "65536", "expected a whole number <= 65535 (got '65536')"),
        ("SIGHTEN_ENV", "staging", "expected production or test"),
        ("SIGHTEN_API_URL", "engine.sighten.io", "expected a URL such as https://"),
        ("SIGHTEN_API_URL", "http://engine:port", "expected a number from 0 to 65535 as the port of the URL"),
        ("SIGHTEN_API_RATE", "inf", "finite"),
        ("SIGHTEN_MAX_BODY_BYTES", "0", "expected a whole number >= 1"),
        ("SIGHTEN_WEBHOOK_AUTH", "hmac256", "expected none or header or basic or hmac"),
        ("SIGHTEN_WEBHOOK_HEADER", "X Signature", "expected a text that matches"),
        ("SIGHTEN_WEBHOOK_ENCODING", "base32", "expected hex or base64"),
        ("SIGHTEN_RECEIVER_OPEN_TO_ANYONE", "true", "expected no or yes"),
        ("SIGHTEN_PUBLISH_MEMORY", "lots", "expected a size such as 500MB"),
        ("SIGHTEN_PARQUET_EVERY", "-1", "expected a number >= 0.0"),
        ("SIGHTEN_MAX_SILENCE_MINUTES", "-1", "expected a number > 0.0 (got '-1')"),
        ("SIGHTEN_CATALOGS", "ducklake, iceberg:prod", "expected ducklake or iceberg:CATALOG.NAMESPACE"),
        ("SIGHTEN_KEPT_VERSIONS", "0", "expected a whole number >= 1"),
        ("SIGHTEN_ENGINE", "spark", "the SQL engine Spark is planned but not built yet; expected duckdb"),
        ("SIGHTEN_ENGINE", "sqlite", "expected duckdb"),
    ],
)
def test_an_unknown_or_ill_formed_setting_is_refused_by_name(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({name: value})

    assert name in str(refused.value)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://somebody:hush-1@engine.goeverbright.com",
        "https://hush-1@engine.goeverbright.com",
        "https://engine.goeverbright.com/?token=hush-1",
        "https://engine.goeverbright.com/#hush-1",
        "hush-1",
        "ftp://somebody:hush-1@engine.goeverbright.com",
        "https://somebody:hush-1@engine.goeverbright.com:port",
    ],
)
def test_an_address_with_a_secret_or_a_token_in_its_place_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_API_URL: expected a") as refused:
        read_settings({"SIGHTEN_API_URL": address})

    assert "hush-1" not in f"{refused.value!r} {refused.value.__cause__!r}"


def test_no_secret_is_shown() -> None:
    settings = read_settings({"SIGHTEN_API_TOKEN": "hush-1", "SIGHTEN_WEBHOOK_SECRET": "hush-2"})

    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.webhook_secret)
    assert "hush-2" == settings.webhook_secret[0].value


@pytest.mark.parametrize("name", ["SIGHTEN_API_TOKEN", "SIGHTEN_WEBHOOK_SECRET"])
def test_a_secret_may_be_in_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush-1\n")

    settings = read_settings({name + "_FILE": str(file), name: ""})

    assert read_settings({name: "hush-1"}) == settings != Settings()


def test_several_webhook_secrets_may_be_in_a_file_during_rotation(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("new, old\n")

    settings = read_settings({"SIGHTEN_WEBHOOK_SECRET_FILE": str(file)})

    assert ["new", "old"] == [secret.value for secret in settings.webhook_secret]


@pytest.mark.parametrize(
    ("content", "beside", "message"),
    [
        (b"", "", "to hold one line of text, got an empty file"),
        (b" \n", "", "to hold one line of text, got an empty file"),
        (b"hush-1\nhush-2\n", "", "to hold one line of text, got several"),
        (b"hush-1\xff", "", "to hold one line of text, got other bytes"),
        (None, "", "expected a readable file that holds the secret, got"),
        (b"hush-1", "hush-2", "expected either this or SIGHTEN_API_TOKEN, got both"),
    ],
)
def test_a_secret_file_that_is_no_use_is_refused_without_its_content(
    content: bytes | None, beside: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingError) as refused:
        read_settings({"SIGHTEN_API_TOKEN_FILE": str(file), "SIGHTEN_API_TOKEN": beside})

    assert str(refused.value).startswith("SIGHTEN_API_TOKEN_FILE: ")
    assert message in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("service", ["SIGHTEN_RECEIVER", "SIGHTEN", "SIGHTEN_WAREHOUSE_AIRFLOW_2"])
def test_what_kubernetes_says_of_a_service_is_no_setting(service: str) -> None:
    variables = {
        "SERVICE_HOST": "10.96.12.7",
        "SERVICE_PORT": "8088",
        "SERVICE_PORT_HTTP": "8088",
        "PORT": "tcp://10.96.12.7:8088",
        "PORT_8088_TCP": "tcp://10.96.12.7:8088",
        "PORT_8088_TCP_PROTO": "tcp",
        "PORT_8088_TCP_PORT": "8088",
        "PORT_8088_TCP_ADDR": "10.96.12.7",
        "PORT_53_UDP": "udp://[fd00:10:96::a]:53",
        "PORT_53_UDP_ADDR": "fd00:10:96::a",
    }

    settings = read_settings({f"{service}_{name}": value for name, value in variables.items()})

    assert Settings() == settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGHTEN_RECEIVER_PORT", "tcp://10.96.12.7"),
        ("SIGHTEN_RECEIVER_PORT", "http://10.96.12.7:8088"),
        ("SIGHTEN_RECIEVER_PORT", "8088"),
        ("SIGHTEN_RECEIVER_SERVICE_HOST", "yes"),
        ("SIGHTEN_RECEIVER_SERVICE_PORT", ""),
        ("SIGHTEN_RECEIVER_PORT_HTTP", "tcp://10.96.12.7:8088"),
        ("SIGHTEN_RECEIVER_PORT_8088_TCP_SPEED", "10"),
    ],
)
def test_what_only_looks_like_kubernetes_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        read_settings({name: value})

from pathlib import Path
from typing import get_type_hints

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import PREFIX, Settings, read_settings, setting_names

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
    assert {PREFIX + name.upper(): kind.__metadata__[0].description for name, kind in kinds.items()} == described


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
        ("SIGHTEN_RECEIVER_PORT", "eighty", "expected `int`, got `str` (got 'eighty')"),
        ("SIGHTEN_RECEIVER_PORT", "65536", "expected `int` <= 65535"),
        ("SIGHTEN_ENV", "staging", "expected production or test"),
        ("SIGHTEN_API_URL", "engine.sighten.io", "expected a URL such as https://"),
        ("SIGHTEN_API_URL", "http://engine:port", "Port could not be cast"),
        ("SIGHTEN_API_RATE", "inf", "finite"),
        ("SIGHTEN_MAX_BODY_BYTES", "0", "expected `int` >= 1"),
        ("SIGHTEN_WEBHOOK_AUTH", "hmac256", "expected none or header or basic or hmac"),
        ("SIGHTEN_WEBHOOK_HEADER", "X Signature", "expected `str` matching regex"),
        ("SIGHTEN_WEBHOOK_ENCODING", "base32", "expected hex or base64"),
        ("SIGHTEN_RECEIVER_OPEN_TO_ANYONE", "true", "expected no or yes"),
        ("SIGHTEN_PUBLISH_MEMORY", "lots", "expected a size such as 500MB"),
        ("SIGHTEN_PARQUET_EVERY", "-1", "expected `float` >= 0.0"),
        ("SIGHTEN_KEPT_VERSIONS", "0", "expected `int` >= 1"),
        ("SIGHTEN_ENGINE", "spark", "the SQL engine Spark is planned but not built yet; expected duckdb"),
        ("SIGHTEN_ENGINE", "sqlite", "expected duckdb"),
    ],
)
def test_an_unknown_or_ill_formed_setting_is_refused_by_name(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        read_settings({name: value})

    assert name in str(refused.value)
    assert message in str(refused.value)


def test_no_secret_is_shown() -> None:
    settings = read_settings({"SIGHTEN_API_TOKEN": "hush-1", "SIGHTEN_WEBHOOK_SECRET": "hush-2"})

    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.webhook_secret)
    assert "hush-2" == settings.webhook_secret[0].value

"""Reads the settings from the environment, and refuses what is unknown or ill-formed."""

import math
import os
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from sighten_warehouse.errors import SettingError
from sighten_warehouse.objects.homes import is_url, open_home
from sighten_warehouse.settings.environment import IN_A_FILE, PREFIX, given_text
from sighten_warehouse.settings.fields import CATALOG, SECRETS, SIZE, Settings
from sighten_warehouse.settings.tenants import TENANT, TENANTS, tenant_variables

_MAIL_ADDRESS = re.compile(r"(?i:smtps?://[^\s/?#]+/[^\s@/]+@[^\s@/?]+\S*)")
_ALERT_ADDRESS = re.compile(rf"(?i:https?://[^\s/?#]+\S*|slack://[^\s/?#]+/\S+)|{_MAIL_ADDRESS.pattern}")

NOT_SHOWN = ("api_url", "spark_master")  # they may hold a password or a token, or be it in the wrong place

WORDS = {  # of msgspec's kinds, for people
    "float | null": "float",
    "`int`": "a whole number",
    "`float`": "a number",
    "`str` matching regex": "a text that matches",
}


def setting_names() -> list[str]:
    """The environment variables that are settings, in the order of `.env.example`; a secret's file follows it."""
    return [
        PREFIX + name.upper() + suffix
        for name in Settings.__struct_fields__
        for suffix in (("", IN_A_FILE) if name in SECRETS else ("",))
    ]


def read_settings(
    environ: Mapping[str, str] | None = None,
    *,
    tenant: str | None = None,
    instead: Mapping[str, str] | None = None,
    for_receiver: bool = False,
) -> Settings:
    """Read the settings from the environment, and secrets from the files that it names.

    Where there are tenants, those of `tenant`, or of the one that SIGHTEN_TENANT chooses, with one of its secrets (see
    `tenant_variables`). `instead` goes over all.

    Raises:
        SettingError: a setting is unknown or ill-formed; the message names it and what was expected.
    """
    environ = os.environ if environ is None else environ
    given = tenant_variables(environ, tenant, for_receiver=for_receiver) | dict(instead or {})
    try:
        return _settings(given)
    except SettingError as error:
        if not given.get(TENANTS):
            raise
        raise SettingError(f"tenant {given[TENANT]} in {given[TENANTS]}: {error}") from None


def _settings(environ: Mapping[str, str]) -> Settings:
    known = setting_names()
    unknown = sorted(environ.keys() - set(known))
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: no such setting; expected one of {', '.join(known)}")
    given: dict[str, Any] = {}
    problems = []
    url = environ[home] if is_url(environ.get(home := f"{PREFIX}HOME", "")) else ""
    for name, kind in get_type_hints(Settings, include_extras=True).items():
        setting, text = PREFIX + name.upper(), ""
        try:
            if text := given_text(setting, environ):
                given[name] = _read(name, text, kind)
        except ValueError as error:
            in_a_file = IN_A_FILE if environ.get(setting + IN_A_FILE) else ""
            shown = "" if name in SECRETS or name in NOT_SHOWN else f" (got {text!r})"
            problems.append(f"{setting}{in_a_file}: {error}{shown}")
    if problems:
        raise SettingError("; ".join(problems))
    if url:
        given["home"] = open_home(url, cache=given.get("cache"))
    return Settings(**given)


def _read(name: str, text: str, kind: Any) -> Any:
    """The value of a setting.

    Raises:
        ValueError: it is ill-formed; the message says what was expected.
    """
    plain = get_args(kind)[0]
    if get_origin(plain) is Literal and text not in get_args(plain):
        raise ValueError(f"expected {' or '.join(get_args(plain))}")
    if name == "webhook_secret" and not all(part.strip() for part in text.split(",")):
        raise ValueError("expected secrets with one comma between them; one of them is empty")
    parts = [part.strip() for part in text.split(",") if part.strip()] if get_origin(plain) is tuple else text
    try:
        value = msgspec.convert(parts, kind, strict=False, dec_hook=lambda made, given: made(given))
    except msgspec.ValidationError as error:
        raise ValueError(_in_words(error)) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a finite number")
    if name in ("publish_memory", "min_free_disk") and not SIZE.fullmatch(text):
        raise ValueError("expected a size such as 500MB or 1.5GB")
    if name == "report_to" and not all(_is_address(part, _MAIL_ADDRESS) for part in parts):
        raise ValueError(
            "expected smtp://user:password@host:587/to@example.com, comma-separated; encode a comma as %2C"
        )
    if name == "alerts" and not all(_is_address(part, _ALERT_ADDRESS) for part in parts):
        raise ValueError(
            "expected https://host/path, slack://hooks.slack.com/services/… or "
            "smtp://user:password@host:587/to@example.com, comma-separated; encode a comma as %2C"
        )
    if name == "catalogs" and not all(map(CATALOG.fullmatch, parts)):
        raise ValueError("expected ducklake or iceberg:CATALOG.NAMESPACE, comma-separated")
    return _address(text) if name == "api_url" else value


def _in_words(error: msgspec.ValidationError) -> str:
    """What was expected, such as `expected a whole number >= 1`."""
    expected, _, _ = str(error).replace("Expected", "expected", 1).partition(", got ")
    for kind, words in WORDS.items():
        expected = expected.replace(kind, words)
    return expected


def _address(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        ValueError: it is not an address of http or https.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://engine.goeverbright.com, got none")
    if "@" in parts.netloc or "?" in url or "#" in url:
        # It becomes part of every document's preview_url, which everybody sees.
        raise ValueError("expected a URL without user, password and query; the token is SIGHTEN_API_TOKEN")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("expected a number from 0 to 65535 as the port of the URL") from None
    return url.rstrip("/")


def _is_address(address: str, form: re.Pattern[str]) -> bool:
    try:
        parts = urlsplit(address)
        return bool(form.fullmatch(address)) and parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False

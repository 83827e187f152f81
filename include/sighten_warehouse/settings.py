"""Every setting, read from the environment and refused at once if unknown or ill-formed."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_validator

from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout

PREFIX = "SIGHTEN_"
MEBIBYTE = 1024 * 1024
_UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB|MiB|GiB)")
_ALERT_ADDRESS = re.compile(
    r"(?i:https?://[^\s/?#]+\S*|slack://[^\s/?#]+/\S+|smtps?://[^\s/?#]+/[^\s@/]+@[^\s@/?]+\S*)"
)


class Settings(BaseModel):
    """The settings of one process; made by `read_settings`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(
        Path("data"), description="The folder that holds everything; each environment has its own below it."
    )
    env: Literal["production", "test"] = Field(
        "production",
        description="Sighten's environment: `production` or `test`. They share no file.",
    )
    api_url: str | None = Field(None, description="Sighten's API, such as `https://engine.goeverbright.com`.")
    api_token: SecretStr | None = Field(None, description="The token of a Sighten user. Confidential.")
    receiver_host: str = Field("127.0.0.1", description="The address the receiver listens on.")
    receiver_port: int = Field(
        8088, ge=0, le=65535, description="The port the receiver listens on; 0 takes a free one and prints it."
    )
    receiver_open_to_anyone: Literal["no", "yes"] = Field(
        "no",
        description="`yes` allows SIGHTEN_WEBHOOK_AUTH=none beyond this machine: anyone who reaches the receiver "
        "can deliver.",
    )
    webhook_auth: Literal["none", "header", "basic", "hmac"] = Field(
        "none",
        description="How deliveries are authenticated: `none`; `header`, a header that holds the secret; `basic`, the "
        "secret is `user:password`; `hmac`, HMAC-SHA256 of the raw body, or Standard Webhooks if the secret begins "
        "with `whsec_` or SIGHTEN_WEBHOOK_HEADER=webhook-signature.",
    )
    webhook_secret: tuple[SecretStr, ...] = Field(
        (),
        description="The secret, or several during rotation, comma-separated; a secret holds no comma. Confidential.",
    )
    webhook_header: str = Field(
        "X-Sighten-Signature",
        pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$",
        description="The header that carries the credential of `header` and `hmac`.",
    )
    webhook_encoding: Literal["hex", "base64"] = Field(
        "hex", description="Encoding of the `hmac` signature: `hex`, in either case, or `base64`."
    )
    webhook_prefix: str = Field("", description="Prefix of the `hmac` signature in its header, such as `sha256=`.")
    max_body_bytes: int = Field(25 * MEBIBYTE, ge=1, description="The largest body accepted, in bytes.")
    enrich_statuses: tuple[str, ...] = Field(
        (), description="Statuses of the milestones to enrich, comma-separated; empty means all."
    )
    enrich_ttl_hours: float = Field(
        24.0,
        ge=0,
        allow_inf_nan=False,
        description="Hours after which the API is asked again about a quote without new deliveries.",
    )
    document_creation_types: tuple[str, ...] = Field(
        ("UPLOADED",), description="Creation types of the documents to download, comma-separated."
    )
    dal_metrics: Path | None = Field(None, description="A file that maps each object to the metric names to pull.")
    api_rate: float = Field(
        5.0, gt=0, allow_inf_nan=False, description="Rate limit: API calls a second, all processes together."
    )
    api_concurrency: int = Field(4, ge=1, le=64, description="Concurrent API calls of one process.")
    pii: Literal["masked", "full"] = Field(
        "masked",
        description="People in the report, portable files and `open_warehouse`: `masked` shows pseudonyms in place of "
        "names and e-mail addresses, and no free text; `full` shows all.",
    )
    publish_memory: str = Field(
        "800MB",
        description="The memory of `publish`'s engine, such as `500MB`; what exceeds it is spilled to disk.",
    )
    parquet_every: float = Field(
        3600,
        ge=0,
        allow_inf_nan=False,
        description="Seconds that the export to `published/parquet/` gets old before the next publish renews it.",
    )
    kept_versions: int = Field(
        2, ge=1, description="How many published versions are kept in `published/versions/`, the newest included."
    )
    alerts: tuple[SecretStr, ...] = Field(
        (),
        description="Where alerts are sent to, comma-separated: `https://host/path` gets JSON; "
        "`slack://hooks.slack.com/services/…` is a Slack webhook; "
        "`smtp://user:password@host:587/to@example.com?from=…` is an e-mail (`smtps://` on 465). Confidential.",
    )
    max_silence_minutes: float | None = Field(
        None,
        gt=0,
        allow_inf_nan=False,
        description="Minutes without a webhook that are worth an alert; empty means longer than usual for this hour.",
    )
    max_unpublished_minutes: float = Field(
        30.0,
        gt=0,
        allow_inf_nan=False,
        description="Minutes after which a landed delivery that is not published is worth an alert.",
    )
    min_free_disk: str = Field(
        "2GB", description="The free space of a disk, such as `2GB`, below which it is an alert."
    )
    engine: Literal["duckdb"] = Field(
        "duckdb", description="The SQL engine. Only `duckdb` works; `spark` is planned, and refused until then."
    )

    @field_validator("webhook_secret", "enrich_statuses", "document_creation_types", "alerts", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("publish_memory", "min_free_disk")
    @classmethod
    def _check_size(cls, value: str) -> str:
        if not _SIZE.fullmatch(value):
            raise ValueError("expected a size such as 500MB or 1.5GB")
        return value

    @field_validator("alerts")
    @classmethod
    def _check_alerts(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for address in value:
            if not _ALERT_ADDRESS.fullmatch(address.get_secret_value()) or not _has_valid_port(address):
                raise ValueError(
                    "expected https://host/path, slack://hooks.slack.com/services/… or "
                    "smtp://user:password@host:587/to@example.com, comma-separated; encode a comma as %2C"
                )
        return value

    @field_validator("engine", mode="before")
    @classmethod
    def _refuse_spark(cls, value: Any) -> Any:
        if value == "spark":
            raise ValueError("the SQL engine Spark is planned but not built yet; expected duckdb, the only one so far")
        return value

    @field_validator("api_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value is not None:
            TypeAdapter(AnyHttpUrl).validate_python(value)
        return value.rstrip("/") if value else None

    @property
    def min_free_bytes(self) -> float:
        """`min_free_disk` as a number."""
        [(number, unit)] = _SIZE.findall(self.min_free_disk)
        return float(number) * _UNITS[unit]

    @property
    def layout(self) -> Layout:
        """The paths of this environment, absolute."""
        return Layout((self.home / self.env).expanduser().resolve())


def setting_names() -> list[str]:
    """The environment variables that are settings, in the order of `.env.example`."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingError: a setting is unknown or ill-formed; the message names it and what was expected.
    """
    environ = os.environ if environ is None else environ
    known = setting_names()
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: no such setting; expected one of {', '.join(known)}")
    given = {
        name: environ[PREFIX + name.upper()] for name in Settings.model_fields if environ.get(PREFIX + name.upper())
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise SettingError("; ".join(_format_problem(problem) for problem in error.errors())) from None


def _has_valid_port(address: SecretStr) -> bool:
    try:
        parts = urlsplit(address.get_secret_value())
        return parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False


def _format_problem(problem: Any) -> str:
    name = PREFIX + str(problem["loc"][0]).upper()
    secret = name.endswith(("_TOKEN", "_SECRET", "_ALERTS"))
    message = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" + ("" if secret else f" (got {problem['input']!r})")


WHERE_THE_TOKEN_IS = "SIGHTEN_API_TOKEN, or in Airflow the connection sighten_default"  # noqa: S105  (where, not what)
WHERE_THE_ADDRESS_IS = "SIGHTEN_API_URL, or in Airflow the connection sighten_default"

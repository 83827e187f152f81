"""Every setting, read from the environment and refused at once if unknown or ill-formed."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout

PREFIX = "SIGHTEN_"
SECRETS = ("api_token", "webhook_secret")
# The setting that names a file with the secret, as container platforms mount them.
IN_A_FILE = "_FILE"
MEBIBYTE = 1024 * 1024
# Kubernetes tells each pod about every Service of its namespace by such variables, so one called `sighten-receiver`
# would look like settings of ours. Name and value must both be Kubernetes', or a misspelt setting would pass.
_ADDRESS = r"[0-9a-fA-F.:\[\]]+"
_URL = rf"(?:tcp|udp|sctp)://{_ADDRESS}:\d+"
OF_A_SERVICE = re.compile(
    rf"SIGHTEN(?:_[A-Z0-9_]+)?_(?:SERVICE_HOST={_ADDRESS}|SERVICE_PORT(?:_[A-Z0-9_]+)?=\d+|PORT={_URL}"
    rf"|PORT_\d+_(?:TCP|UDP|SCTP)(?:={_URL}|_PROTO=(?:tcp|udp|sctp)|_PORT=\d+|_ADDR={_ADDRESS}))"
)
Environment = Literal["production", "test"]


class Secret:
    """A confidential text, which its `repr` hides."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process; made by `read_settings`."""

    home: Annotated[
        Path, Meta(description="The folder that holds everything; each environment has its own below it.")
    ] = Path("data")
    env: Annotated[
        Environment, Meta(description="Sighten's environment: `production` or `test`. They share no file.")
    ] = "production"
    api_url: Annotated[str | None, Meta(description="Sighten's API, such as `https://engine.goeverbright.com`.")] = None
    api_token: Annotated[Secret | None, Meta(description="The token of a Sighten user. Confidential.")] = None
    receiver_host: Annotated[str, Meta(description="The address the receiver listens on.")] = "127.0.0.1"
    receiver_port: Annotated[
        int, Meta(ge=0, le=65535, description="The port the receiver listens on; 0 takes a free one and prints it.")
    ] = 8088
    receiver_open_to_anyone: Annotated[
        Literal["no", "yes"],
        Meta(
            description="`yes` allows SIGHTEN_WEBHOOK_AUTH=none beyond this machine: anyone who reaches the receiver "
            "can deliver."
        ),
    ] = "no"
    webhook_auth: Annotated[
        Literal["none", "header", "basic", "hmac"],
        Meta(
            description="How deliveries are authenticated: `none`; `header`, a header that holds the secret; `basic`, "
            "the secret is `user:password`; `hmac`, HMAC-SHA256 of the raw body, or Standard Webhooks if the secret "
            "begins with `whsec_` or SIGHTEN_WEBHOOK_HEADER=webhook-signature."
        ),
    ] = "none"
    webhook_secret: Annotated[
        tuple[Secret, ...],
        Meta(
            description="The secret, or several during rotation, comma-separated; a secret holds no comma. "
            "Confidential."
        ),
    ] = ()
    webhook_header: Annotated[
        str,
        Meta(
            pattern=r"^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$",
            description="The header that carries the credential of `header` and `hmac`.",
        ),
    ] = "X-Sighten-Signature"
    webhook_encoding: Annotated[
        Literal["hex", "base64"],
        Meta(description="Encoding of the `hmac` signature: `hex`, in either case, or `base64`."),
    ] = "hex"
    webhook_prefix: Annotated[
        str, Meta(description="Prefix of the `hmac` signature in its header, such as `sha256=`.")
    ] = ""
    max_body_bytes: Annotated[int, Meta(ge=1, description="The largest body accepted, in bytes.")] = 25 * MEBIBYTE
    enrich_statuses: Annotated[
        tuple[str, ...], Meta(description="Statuses of the milestones to enrich, comma-separated; empty means all.")
    ] = ()
    enrich_ttl_hours: Annotated[
        float, Meta(ge=0, description="Hours after which the API is asked again about a quote without new deliveries.")
    ] = 24.0
    document_creation_types: Annotated[
        tuple[str, ...], Meta(description="Creation types of the documents to download, comma-separated.")
    ] = ("UPLOADED",)
    dal_metrics: Annotated[
        Path | None, Meta(description="A file that maps each object to the metric names to pull.")
    ] = None
    api_rate: Annotated[float, Meta(gt=0, description="Rate limit: API calls a second, all processes together.")] = 5.0
    api_concurrency: Annotated[int, Meta(ge=1, le=64, description="Concurrent API calls of one process.")] = 4
    pii: Annotated[
        Literal["masked", "full"],
        Meta(
            description="People in the report, portable files and `open_warehouse`: `masked` shows pseudonyms in "
            "place of names and e-mail addresses, and no free text; `full` shows all."
        ),
    ] = "masked"
    publish_memory: Annotated[
        str, Meta(description="The memory of `publish`'s engine, such as `500MB`; what exceeds it is spilled to disk.")
    ] = "800MB"
    parquet_every: Annotated[
        float,
        Meta(
            ge=0,
            description="Seconds that the export to `published/parquet/` gets old before the next publish renews it.",
        ),
    ] = 3600
    kept_versions: Annotated[
        int,
        Meta(ge=1, description="How many published versions are kept in `published/versions/`, the newest included."),
    ] = 2
    engine: Annotated[
        Literal["duckdb"],
        Meta(description="The SQL engine. Only `duckdb` works; `spark` is planned, and refused until then."),
    ] = "duckdb"

    @property
    def layout(self) -> Layout:
        """The paths of this environment, absolute."""
        return Layout((self.home / self.env).expanduser().resolve())


def setting_names() -> list[str]:
    """The environment variables that are settings, in the order of `.env.example`; a secret's file follows it."""
    return [
        PREFIX + name.upper() + suffix
        for name in Settings.__struct_fields__
        for suffix in (("", IN_A_FILE) if name in SECRETS else ("",))
    ]


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment, and secrets from the files that it names.

    What Kubernetes says of a Service whose name begins with `sighten` is ignored: it is no setting.

    Raises:
        SettingError: a setting is unknown or ill-formed; the message names it and what was expected.
    """
    environ = {
        name: value
        for name, value in (os.environ if environ is None else environ).items()
        if name.startswith(PREFIX) and not OF_A_SERVICE.fullmatch(f"{name}={value}")
    }
    known = setting_names()
    unknown = sorted(environ.keys() - set(known))
    if unknown:
        raise SettingError(f"{', '.join(unknown)}: no such setting; expected one of {', '.join(known)}")
    given: dict[str, Any] = {}
    problems = []
    for name, kind in get_type_hints(Settings, include_extras=True).items():
        setting, text = PREFIX + name.upper(), environ.get(PREFIX + name.upper())
        try:
            if name in SECRETS and (path := environ.get(setting + IN_A_FILE)):
                setting += IN_A_FILE
                text = _secret_in_file(Path(path), beside=text)
            if text:
                given[name] = _read(name, text, kind)
        except ValueError as error:
            shown = "" if name in SECRETS else f" (got {text!r})"
            problems.append(f"{setting}: {error}{shown}")
    if problems:
        raise SettingError("; ".join(problems))
    return Settings(**given)


def _secret_in_file(path: Path, *, beside: str | None) -> str:
    """The secret in that file, without the white space around it.

    Raises:
        ValueError: the file holds no secret, or the environment does too; the message shows neither.
    """
    if beside:
        raise ValueError(f"expected either this or the setting without {IN_A_FILE}, got both")
    try:
        text = path.expanduser().read_bytes().decode().strip()
    except UnicodeDecodeError:
        raise ValueError(f"expected {path} to hold one line of text, got other bytes") from None
    except OSError as error:
        raise ValueError(f"expected a readable file that holds the secret, got {path}: {error.strerror}") from None
    if not text or len(text.splitlines()) > 1:
        raise ValueError(f"expected {path} to hold one line of text, got {'several' if text else 'an empty file'}")
    return text


def _read(name: str, text: str, kind: Any) -> Any:
    """The value of a setting.

    Raises:
        ValueError: it is ill-formed; the message says what was expected.
    """
    plain = get_args(kind)[0]
    if get_origin(plain) is Literal and text not in get_args(plain):
        planned = "the SQL engine Spark is planned but not built yet; " if (name, text) == ("engine", "spark") else ""
        raise ValueError(f"{planned}expected {' or '.join(get_args(plain))}")
    parts = [part.strip() for part in text.split(",") if part.strip()] if get_origin(plain) is tuple else text
    try:
        value = msgspec.convert(parts, kind, strict=False, dec_hook=lambda made, given: made(given))
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("Expected", "expected", 1)) from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("expected a finite number")
    if name == "publish_memory" and not re.fullmatch(r"\d+(\.\d+)? ?(MB|GB|MiB|GiB)", text):
        raise ValueError("expected a size such as 500MB or 1.5GB")
    return _address(text) if name == "api_url" else value


def _address(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        ValueError: it is not an address of http or https.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://engine.goeverbright.com")
    _ = parts.port  # raises a ValueError for one that is no number
    return url.rstrip("/")


WHERE_THE_TOKEN_IS = "SIGHTEN_API_TOKEN, or in Airflow the connection sighten_default"  # noqa: S105  (where, not what)
WHERE_THE_ADDRESS_IS = "SIGHTEN_API_URL, or in Airflow the connection sighten_default"

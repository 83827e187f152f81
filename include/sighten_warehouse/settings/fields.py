"""Every setting: its type, its default and its description."""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sighten_warehouse.layout import Layout

SECRETS = ("api_token", "webhook_secret", "alerts", "report_to")  # each may be in a file
MEBIBYTE = 1024 * 1024
Environment = Literal["production", "test"]
UNITS = {"MB": 10**6, "GB": 10**9, "MiB": 2**20, "GiB": 2**30}
CATALOG = re.compile(r"ducklake|iceberg:[A-Za-z0-9_-]+\.[A-Za-z0-9_]+")
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB|MiB|GiB)")


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
        Path,
        Meta(
            description="The folder that holds everything, or `s3://bucket/prefix`, `gs://…`, `az://…`; each "
            "environment has its own below it."
        ),
    ] = Path("data")
    cache: Annotated[
        Path | None,
        Meta(
            description="The folder for local copies of a home on object storage, which may be deleted at any time; "
            "empty means below `~/.cache`."
        ),
    ] = None
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
            description="`yes` allows SIGHTEN_WEBHOOK_AUTH=none beyond this machine, and any `Host`: anyone who "
            "reaches the receiver can deliver."
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
            description="The secret, or several during rotation, comma-separated; each has 8 bytes or more and no "
            "comma. Confidential."
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
            description="People in the report, portable files, `open_warehouse` and `mcp`: `masked` shows pseudonyms "
            "in place of names, e-mail addresses and rare labels, and no free text; `full` shows all."
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
    catalogs: Annotated[
        tuple[str, ...],
        Meta(
            description="Where each export to `published/parquet/` is registered, comma-separated: "
            "`iceberg:CATALOG.NAMESPACE`, by PyIceberg's configuration; `ducklake`, a file beside it."
        ),
    ] = ()
    kept_versions: Annotated[
        int,
        Meta(ge=1, description="How many published versions are kept in `published/versions/`, the newest included."),
    ] = 2
    kept_raw_days: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="Days after which a delivery that no current row comes from loses its body and its rows of "
            "history; empty keeps all."
        ),
    ] = None
    kept_document_days: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Days after which a downloaded document leaves the vault; empty keeps all."),
    ] = None
    alerts: Annotated[
        tuple[Secret, ...],
        Meta(
            description="Where alerts are sent to, comma-separated: `https://host/path` gets JSON; "
            "`slack://hooks.slack.com/services/…` is a Slack webhook; "
            "`smtp://user:password@host:587/to@example.com?from=…` is an e-mail (`smtps://` on 465). Confidential."
        ),
    ] = ()
    report_to: Annotated[
        tuple[Secret, ...],
        Meta(
            description="Who gets the weekly report as an e-mail, comma-separated, each as "
            "`smtp://user:password@host:587/to@example.com?from=…` (`smtps://` on 465). Confidential."
        ),
    ] = ()
    max_silence_minutes: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(
            description="Minutes without a webhook that are worth an alert; empty means longer than usual for this "
            "hour."
        ),
    ] = None
    max_unpublished_minutes: Annotated[
        float, Meta(gt=0, description="Minutes after which a landed delivery that is not published is worth an alert.")
    ] = 30.0
    min_free_disk: Annotated[
        str, Meta(description="The free space of a disk, such as `2GB`, below which it is an alert.")
    ] = "2GB"
    backup_to: Annotated[
        Path | None,
        Meta(description="The folder of backups, best on another disk: `backup` and each night Airflow write to it."),
    ] = None
    tenants: Annotated[
        Path | None,
        Meta(
            description="A YAML file of tenants, for several organizations of Sighten: each one's settings and share. "
            "See docs/tenants.md."
        ),
    ] = None
    tenant: Annotated[
        str | None, Meta(description="The tenant of that file that a process works for; `--tenant` overrides it.")
    ] = None
    engine: Annotated[
        Literal["duckdb", "spark"],
        Meta(
            description="What `rebuild` and `publish` compute with: `duckdb`, or `spark` for those who have a cluster "
            "(the extra `spark`, Java 17 or later)."
        ),
    ] = "duckdb"
    spark_master: Annotated[
        Annotated[str, Meta(pattern=r"^(local(\[.+\])?|spark://.+|yarn|k8s://.+|sc://[^/:;]+(:\d+)?(/.*)?)$")] | None,
        Meta(
            description="Spark's master: `spark://host:7077`, `yarn`, `k8s://https://host:443`, or `sc://host:15002` "
            "for Spark Connect; empty means that of spark-submit, or all cores of this machine."
        ),
    ] = None

    @property
    def min_free_bytes(self) -> float:
        """`min_free_disk` as a number."""
        return _bytes(self.min_free_disk)

    @property
    def publish_bytes(self) -> float:
        """`publish_memory` as a number."""
        return _bytes(self.publish_memory)

    @property
    def layout(self) -> Layout:
        """The paths of this environment, absolute."""
        return Layout((self.home / self.env).expanduser().resolve())


WHERE_THE_TOKEN_IS = "SIGHTEN_API_TOKEN, or in Airflow the connection sighten_default"  # noqa: S105  (where, not what)
WHERE_THE_ADDRESS_IS = "SIGHTEN_API_URL, or in Airflow the connection sighten_default"


def _bytes(size: str) -> float:
    [(number, unit)] = SIZE.findall(size)
    return float(number) * UNITS[unit]

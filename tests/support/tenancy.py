"""Two tenants in one installation, each with a home and a secret of its own."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sighten_warehouse.receiver.server import ReceiverServer
from sighten_warehouse.settings import Settings, read_settings
from support.receiving import Running
from support.warehouses import Warehouse

SECRETS = {"acme": "the secret of acme", "borealis": "the secret of borealis"}


def write_tenants(folder: Path, more: str = "", *, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Write a file of two tenants, and what stands in `more`; return the environment of an installation with it."""
    lines = []
    for name, secret in SECRETS.items():
        (folder / f"{name}_secret").write_text(secret)
        lines += [f"{name}:", f"  SIGHTEN_WEBHOOK_SECRET_FILE: {folder}/{name}_secret"]
        lines += [f"  {key}: {value}" for key, value in (settings or {}).items()]
    (folder / "tenants.yml").write_text("\n".join(lines) + f"\n{more}")
    return {
        "SIGHTEN_TENANTS": str(folder / "tenants.yml"),
        "SIGHTEN_HOME": str(folder / "homes"),
        "SIGHTEN_WEBHOOK_AUTH": "header",
        "SIGHTEN_RECEIVER_PORT": "0",
    }


class TenantWarehouse(Warehouse):
    """The warehouse of a tenant."""

    def __init__(self, environ: Mapping[str, str], name: str) -> None:
        settings: Settings = read_settings(environ, tenant=name)
        super().__init__(settings.home)
        self.settings = settings


@contextmanager
def receiving(settings: Settings) -> Iterator[Running]:
    """The receiver that `sighten-warehouse receive` starts, in a thread."""
    server = ReceiverServer(settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Running(int(urlsplit(server.url).port or 0), settings.layout.landing)
    finally:
        server.stop()
        thread.join()

"""The secrets of this machine's stack: made once, readable only by their owner."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ADMIN = "admin"


@dataclass(frozen=True)
class Credentials:
    """Keys that Airflow's processes share, the file with the admin's password, and the simulated Sighten's token."""

    jwt_secret: str
    secret_key: str
    fernet_key: str
    passwords_file: Path
    simulator_token: str


def read_or_make_credentials(home: Path) -> Credentials:
    """The credentials in that folder; the first call makes them, with mode 0600."""
    keys = _read_or_make(home / "secrets.json", _make_keys)
    passwords_file = home / "passwords.json"
    _read_or_make(passwords_file, lambda: {ADMIN: secrets.token_urlsafe(12)})
    simulator = _read_or_make(home / "simulator.json", lambda: {"token": secrets.token_hex(20)})
    return Credentials(**keys, passwords_file=passwords_file, simulator_token=simulator["token"])


def read_admin_password(credentials: Credentials) -> str:
    """The password of Airflow's only user."""
    password: str = json.loads(credentials.passwords_file.read_text())[ADMIN]
    return password


def _make_keys() -> dict[str, str]:
    return {
        "jwt_secret": secrets.token_urlsafe(32),
        "secret_key": secrets.token_urlsafe(32),
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _read_or_make(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(make(), file)
        unfinished.rename(path)
    content: dict[str, str] = json.loads(path.read_text())
    return content

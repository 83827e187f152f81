"""The hook: from Airflow's connection, or else the environment, to the settings of whoever asks Sighten's API."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sighten_airflow.provider import CONNECTION_TYPE
from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.errors import (
    AuthenticationError,
    PermissionDeniedError,
    SettingError,
    TransientError,
    WarehouseError,
)
from sighten_warehouse.settings import Settings, read_settings

EXTRAS = {"rate": "SIGHTEN_API_RATE", "concurrency": "SIGHTEN_API_CONCURRENCY"}
# Somebody looks at a button meanwhile.
IMPATIENT = RetryPolicy(total_s=15.0, attempts=2)


class SightenHook(BaseHook):
    """Where Sighten's API is and with which token it is asked.

    The connection wins as a whole: the token of one place never goes to the address of another.
    """

    conn_name_attr = "sighten_conn_id"
    default_conn_name = "sighten_default"
    conn_type = CONNECTION_TYPE
    hook_name = "Sighten"

    def __init__(self, sighten_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.sighten_conn_id = sighten_conn_id
        self._connection = self._find_connection()

    @property
    def place(self) -> str:
        """Where a person looks who wants to change the address or the token."""
        if self._connection:
            return f"Airflow's connection {self.sighten_conn_id}"
        return (
            "SIGHTEN_API_URL and SIGHTEN_API_TOKEN in the environment of Airflow's processes "
            f"(there is no connection {self.sighten_conn_id})"
        )

    @property
    def is_configured(self) -> bool:
        """Whether anything says where the API is."""
        return self._connection is not None or bool(os.environ.get("SIGHTEN_API_URL"))

    def settings(self) -> Settings:
        """All settings, those of the API by the connection if there is one; the token is masked in logs from now on.

        Raises:
            SettingError: the address or the token is missing, or a setting is ill-formed; it says where.
        """
        settings = self._read()
        if settings.api_url is None or settings.api_token is None:
            missing = "URL" if settings.api_url is None else "token"
            raise SettingError(f"no {missing} of Sighten's API; expected it in {self.place}")
        mask_secret(settings.api_token.get_secret_value())
        return settings

    def get_conn(self) -> ApiClient:
        """A client, to be closed.

        Raises:
            SettingError: as `settings`.
        """
        return open_client(self.settings())

    def test_connection(self) -> tuple[bool, str]:
        """Whether the API knows the token, asked for one site by one call, and what to do if not."""
        try:
            settings = self.settings()
            with open_client(settings, retry_policy=IMPATIENT) as client:
                client.get("/api/data/site/", query={"metrics": "site_id", "page": 1, "limit": 1})
        except AuthenticationError:
            return False, f"Token not known (401): {settings.api_url} answers, but does not know this token."
        except PermissionDeniedError:
            return False, f"Not allowed (403): {settings.api_url} answers, but the token's user may not ask for sites."
        except TransientError as error:
            return False, f"Not reachable: {settings.api_url} gave no usable answer. {error}"
        except SettingError as error:
            return False, f"Not complete: {error}"
        except WarehouseError as error:
            return False, f"Not Sighten's API: {settings.api_url} answers in another way than expected. {error}"
        return True, f"Works: {settings.api_url} knows the token."

    def _read(self) -> Settings:
        if self._connection is None:
            return read_settings()
        try:
            return read_settings({**os.environ, **self._by_connection(self._connection)})
        except SettingError as error:
            raise SettingError(f"{error}; this is the environment with what {self.place} says") from None

    def _find_connection(self) -> Connection | None:
        try:
            return self.get_connection(self.sighten_conn_id)
        except AirflowNotFoundException:
            return None

    def _by_connection(self, connection: Connection) -> Mapping[str, str]:
        """What the connection says, by the names of the settings; a missing address or token stays missing."""
        extras = {name: value for name, value in connection.extra_dejson.items() if value not in (None, "")}
        unknown = sorted(set(extras) - set(EXTRAS))
        if unknown:
            raise SettingError(f"{', '.join(unknown)}: no such field; expected {' or '.join(EXTRAS)}")
        return {
            "SIGHTEN_API_URL": url_of(connection),
            "SIGHTEN_API_TOKEN": (connection.password or "").strip(),
            **{EXTRAS[name]: str(value) for name, value in extras.items()},
        }


def url_of(connection: Any) -> str:
    """The address in the connection's host, with the port beside it if it names none; https if it does not say."""
    host = (connection.host or "").strip().rstrip("/")
    if not host:
        return ""
    parts = urlsplit(host if "://" in host else f"https://{host}")
    # A port that is none is for the reader of settings to refuse.
    has_port = ":" in parts.netloc.rpartition("@")[2].rpartition("]")[2]
    netloc = f"{parts.netloc}:{connection.port}" if connection.port and not has_port else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc))

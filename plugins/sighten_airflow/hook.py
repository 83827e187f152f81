"""The hook: settings for Sighten's API from Airflow's connection, or from the environment if there is none."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret

from sighten_airflow.provider import CONNECTION_TYPE
from sighten_airflow.tenant import tenant_of
from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.errors import (
    AuthenticationError,
    PermissionDeniedError,
    SettingError,
    TransientError,
    WarehouseError,
)
from sighten_warehouse.settings import TENANTS, Settings, read_settings, tenant_variables

EXTRAS = {"rate": "SIGHTEN_API_RATE", "concurrency": "SIGHTEN_API_CONCURRENCY"}
# A person waits for the Test button.
TEST_RETRIES = RetryPolicy(total_s=15.0, attempts=2)


class SightenHook(BaseHook):
    """The URL and token of Sighten's API; `sighten_default__acme` is the connection of the tenant `acme`.

    A connection replaces both variables of the environment: a token from one source never goes to the URL of another.
    """

    conn_name_attr = "sighten_conn_id"
    default_conn_name = "sighten_default"
    conn_type = CONNECTION_TYPE
    hook_name = "Sighten"

    def __init__(self, sighten_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.sighten_conn_id = sighten_conn_id
        self.tenant = tenant_of(sighten_conn_id).name
        self._connection = self._find_connection()

    @property
    def source(self) -> str:
        """Where URL and token come from, for messages."""
        if self._connection:
            return f"Airflow's connection {self.sighten_conn_id}"
        place = f"of tenant {self.tenant}" if self.tenant else "in the environment of Airflow's processes"
        return f"SIGHTEN_API_URL and SIGHTEN_API_TOKEN {place} (there is no connection {self.sighten_conn_id})"

    @property
    def is_configured(self) -> bool:
        """Whether a connection or the environment names an API."""
        return self._connection is not None or bool(tenant_variables(os.environ, self.tenant).get("SIGHTEN_API_URL"))

    def settings(self) -> Settings:
        """All settings, with those of the connection if there is one; masks the token in logs from now on.

        Raises:
            SettingError: URL or token is missing, or a setting is invalid; the message says where.
        """
        settings = self._read()
        if settings.api_url is None or settings.api_token is None:
            missing = "URL" if settings.api_url is None else "token"
            raise SettingError(f"no {missing} of Sighten's API; expected it in {self.source}")
        mask_secret(settings.api_token.value)
        return settings

    def get_conn(self) -> ApiClient:
        """A client; the caller closes it.

        Raises:
            SettingError: as in `settings`.
        """
        return open_client(self.settings())

    def test_connection(self) -> tuple[bool, str]:
        """Test the URL and token with one call for one site; the message says what is wrong."""
        try:
            settings = self.settings()
            with open_client(settings, retry_policy=TEST_RETRIES) as client:
                client.get("/api/data/site/", query={"metrics": "site_id", "page": 1, "limit": 1})
        except AuthenticationError:
            return False, f"Token not known (401): {settings.api_url} rejects this token."
        except PermissionDeniedError:
            return False, f"Not allowed (403): {settings.api_url} does not let this token's user read sites."
        except TransientError as error:
            return False, f"Not reachable: {settings.api_url} gave no usable response. {error}"
        except SettingError as error:
            return False, f"Not complete: {error}"
        except WarehouseError as error:
            return False, f"Not Sighten's API: {settings.api_url} gave an unexpected response. {error}"
        return True, f"Works: {settings.api_url} knows the token."

    def _read(self) -> Settings:
        if self._connection is None:
            return read_settings(tenant=self.tenant)
        try:
            return read_settings(self._environ, tenant=self.tenant, instead=self._connection_settings(self._connection))
        except SettingError as error:
            raise SettingError(f"{error}; settings come from the environment and {self.source}") from None

    @property
    def _environ(self) -> Mapping[str, str]:
        # Airflow tests a connection under an id of its own, which names no tenant.
        return os.environ if self.tenant else {name: text for name, text in os.environ.items() if name != TENANTS}

    def _find_connection(self) -> Connection | None:
        try:
            return self.get_connection(self.sighten_conn_id)
        except AirflowNotFoundException:
            return None

    def _connection_settings(self, connection: Connection) -> Mapping[str, str]:
        """The connection's fields by the names of the settings; a missing URL or token stays missing."""
        extras = {name: value for name, value in connection.extra_dejson.items() if value not in (None, "")}
        unknown = sorted(set(extras) - set(EXTRAS))
        if unknown:
            raise SettingError(f"{', '.join(unknown)}: no such field; expected {' or '.join(EXTRAS)}")
        return {
            "SIGHTEN_API_URL": connection_url(connection),
            "SIGHTEN_API_TOKEN": (connection.password or "").strip(),
            "SIGHTEN_API_TOKEN_FILE": "",
            **{EXTRAS[name]: str(value) for name, value in extras.items()},
        }


def connection_url(connection: Any) -> str:
    """The URL in the connection's host; the connection's port and https apply where the host names neither."""
    host = (connection.host or "").strip().rstrip("/")
    if not host:
        return ""
    parts = urlsplit(host if "://" in host else f"https://{host}")
    # `read_settings` refuses an invalid port.
    has_port = ":" in parts.netloc.rpartition("@")[2].rpartition("]")[2]
    netloc = f"{parts.netloc}:{connection.port}" if connection.port and not has_port else parts.netloc
    return urlunsplit(parts._replace(netloc=netloc))

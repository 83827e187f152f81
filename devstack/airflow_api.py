"""The calls to Airflow's REST API."""

from collections.abc import Iterable
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import requests

from devstack.credentials import ADMIN
from devstack.errors import StackError
from sighten_airflow.pools import Pool

CALL_SECONDS = 30.0


def is_healthy(url: str) -> bool:
    """Whether the API server reports itself and its database healthy."""
    return _is_ok(f"{url}/api/v2/monitor/health")


def warm_up_execution(url: str) -> bool:
    """Whether the API for tasks answers; its first answer takes seconds, so it is called before the first task."""
    return _is_ok(f"{url}/execution/health")


def _is_ok(url: str) -> bool:
    try:
        return requests.get(url, timeout=CALL_SECONDS).ok
    except requests.RequestException:
        return False


def make_pools(url: str, pools: Iterable[Pool], *, password: str) -> None:
    """Create the pools; one that exists stays as it is.

    Raises:
        StackError: Airflow did not answer, or refused.
    """
    airflow = AirflowApi(url, password=password)
    for pool in pools:
        airflow.post("pools", {**asdict(pool), "include_deferred": False}, may_exist=True)


class AirflowApi:
    """Calls as the stack's admin.

    Raises:
        StackError: Airflow does not answer, or refuses.
    """

    def __init__(self, url: str, *, password: str) -> None:
        self._url = url
        self._headers: dict[str, str] = {}
        token = self._call("POST", f"{url}/auth/token", {"username": ADMIN, "password": password})["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> dict[str, Any]:
        """The response to a GET below /api/v2."""
        return self._call("GET", f"{self._url}/api/v2/{path}")

    def post(self, path: str, body: dict[str, Any], *, may_exist: bool = False) -> dict[str, Any]:
        """The response to a POST below /api/v2; `may_exist`: a conflict is no error."""
        return self._call("POST", f"{self._url}/api/v2/{path}", body, may_exist=may_exist)

    def _call(
        self, method: str, url: str, body: dict[str, Any] | None = None, *, may_exist: bool = False
    ) -> dict[str, Any]:
        try:
            response = requests.request(method, url, json=body, headers=self._headers, timeout=CALL_SECONDS)
            if response.ok or (may_exist and response.status_code == HTTPStatus.CONFLICT):
                return dict(response.json())
        except (requests.RequestException, ValueError) as error:
            raise StackError(f"Airflow at {self._url} does not answer: is `make run` serving? ({error})") from error
        raise StackError(f"Airflow refused {method} {url}: {response.status_code} {response.text[:300]}")

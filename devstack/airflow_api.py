"""The calls to Airflow's REST API that a start needs."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import requests

from devstack.credentials import ADMIN
from devstack.errors import StackError
from devstack.pools import Pool

CALL_SECONDS = 30.0
CONFLICT = 409


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
    try:
        token = _post(f"{url}/auth/token", {"username": ADMIN, "password": password}).json()["access_token"]
        # One after the other: two writing calls at a time freeze SQLite.
        for pool in pools:
            body = {**asdict(pool), "include_deferred": False}
            _post(f"{url}/api/v2/pools", body, headers={"Authorization": f"Bearer {token}"})
    except (requests.RequestException, ValueError, KeyError) as error:
        raise StackError(f"could not create Airflow's pools: {error}") from error


def _post(url: str, body: dict[str, Any], *, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.post(url, json=body, headers=headers, timeout=CALL_SECONDS)
    if response.status_code != CONFLICT:  # an earlier run created it
        response.raise_for_status()
    return response

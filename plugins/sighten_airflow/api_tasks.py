"""What tasks that call Sighten's API share: when they are skipped, their settings, and how they fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, asdict
from typing import Any, ClassVar, Protocol

import structlog
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.dag_defaults import Counts
from sighten_airflow.hook import SightenHook
from sighten_airflow.tenant import Tenant, tenant_of
from sighten_warehouse.errors import ApiUnavailableError, AuthenticationError, FatalError, PermissionDeniedError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

NOT_CONFIGURED = (
    "no API is configured: there is neither a connection sighten_default (of a tenant, sighten_default__NAME) nor "
    "SIGHTEN_API_URL"
)


def is_not_configured(context: Context) -> bool:
    """Whether no API is configured for the tenant; deliveries are loaded and published without one."""
    return not hook_of(tenant_of(context["ti"].dag_id)).is_configured


def hook_of(tenant: Tenant) -> SightenHook:
    """The hook with the tenant's own connection."""
    return SightenHook(tenant.named(SightenHook.default_conn_name))


class ApiResult(Protocol):
    """The result of a step that calls the API; a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def left(self) -> int:
        """Number of due items that got no answer."""

    @property
    def problem(self) -> str | None:
        """Why they got none."""

    @property
    def needs_attention(self) -> bool:
        """Whether a person should look at the result."""


@contextmanager
def api_settings(tenant: Tenant) -> Iterator[Settings]:
    """Give the tenant's settings for the API; fail the task at once on an error that only a person can fix.

    Other errors pass through, so that Airflow retries.

    Raises:
        AirflowFailException: says what is wrong and where to look.
    """
    hook = hook_of(tenant)
    try:
        yield hook.settings()
    except (AuthenticationError, PermissionDeniedError) as error:
        raise AirflowFailException(f"{error}; look at the token in {hook.source}") from error
    except FatalError as error:
        raise AirflowFailException(str(error)) from error


def report_result(result: ApiResult, *, answered: int) -> Counts:
    """Return the result as counts for XCom, and log a warning if a person should look at it.

    Raises:
        ApiUnavailableError: items were due and none was answered, so that Airflow retries.
    """
    if result.left and result.problem and not answered:
        raise ApiUnavailableError(result.problem)
    counts = asdict(result)
    if result.needs_attention:
        log.warning("finished_with_something_to_look_at", **counts)
    return counts

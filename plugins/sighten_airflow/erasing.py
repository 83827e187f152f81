"""The parameters of a run that erases, and how it ends."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.announcing import announce_version
from sighten_airflow.tenant import Tenant

if TYPE_CHECKING:
    from sighten_warehouse.erase import Erased, Subject

ERASE_PARAMS = {
    "what": Param("milestone", type="string", enum=["site", "email", "milestone"], title="What"),
    "value": Param(type="string", minLength=3, title="Its id or address", description="Airflow keeps it with the run."),
}


def subject_param(params: Mapping[str, Any] | None) -> "Subject":
    """What the run erases.

    Raises:
        AirflowFailException: it is no id, or no address.
    """
    from sighten_warehouse.erase import Subject  # noqa: PLC0415  (heavy, and Airflow imports this file with the DAG)

    given = dict(params or {})
    try:
        return Subject(given["what"], given["value"])
    except (KeyError, ValueError):  # whose message would repeat the address
        expected = "an e-mail address" if given.get("what") == "email" else "a UUID"
        raise AirflowFailException(f"parameter value: expected {expected}") from None


def announce_erased(erased: "Erased", tenant: Tenant) -> list[str]:
    """Announce the version that was published without it; return what somebody has to look at."""
    if erased.version:
        announce_version(erased.version, tenant)
    return [f"{place}: {why}" for place, why in erased.left.items()]


def fail_if_left(left: Sequence[str]) -> None:
    """End the run as failed if somebody has to look at something.

    Raises:
        AirflowFailException: something is left.
    """
    if left:
        raise AirflowFailException(f"erased; somebody has to look at: {'; '.join(left)}")

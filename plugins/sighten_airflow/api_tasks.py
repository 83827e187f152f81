"""How a task asks Sighten's API: when it does not, with what settings, and how it ends if it cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, asdict
from typing import Any, ClassVar, Protocol

import structlog
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.dag_defaults import Counts
from sighten_airflow.hook import SightenHook
from sighten_warehouse.errors import ApiUnavailableError, AuthenticationError, FatalError, PermissionDeniedError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

NOT_CONFIGURED = "nothing says where Sighten's API is: neither the connection sighten_default nor SIGHTEN_API_URL"


def is_not_configured(_: Context) -> bool:
    """Whether there is no API to ask: then whatever was delivered is loaded and published all the same."""
    return not SightenHook().is_configured


class Result(Protocol):
    """What a step that asks the API says of itself; a frozen dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def left(self) -> int:
        """How much was due and got no answer."""

    @property
    def problem(self) -> str | None:
        """Why."""

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether something went otherwise than it should."""


@contextmanager
def asking() -> Iterator[Settings]:
    """The settings to ask the API with; an error that only a person can mend fails the task at once.

    Whatever may pass by itself is raised as it is, so that Airflow tries again.

    Raises:
        AirflowFailException: says what is wrong and where to look.
    """
    hook = SightenHook()
    try:
        yield hook.settings()
    except (AuthenticationError, PermissionDeniedError) as error:
        raise AirflowFailException(f"{error}; look at the token in {hook.place}") from error
    except FatalError as error:
        raise AirflowFailException(str(error)) from error


def tell(result: Result, *, answered: int) -> Counts:
    """What came of it, for people to read; a warning in the task's log where they should.

    Raises:
        ApiUnavailableError: nothing was answered although something was due, so that Airflow tries again.
    """
    if result.left and result.problem and not answered:
        raise ApiUnavailableError(result.problem)
    counts = asdict(result)
    if result.is_to_be_looked_at:
        log.warning("finished_with_something_to_look_at", **counts)
    return counts

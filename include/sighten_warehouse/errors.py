"""Every error of the product, sorted by what the caller does next.

WarehouseError
├── FatalError                 somebody must act
│   ├── SettingError           a setting is unknown or ill-formed
│   │   └── MissingExtraError  a library is not installed that an extra of this package brings
│   ├── ModelError             a SQL model and its description disagree
│   ├── LakeError              landing, history and commits contradict each other
│   ├── FormatError            landing, lake or a backup was written by newer code
│   ├── BackupError            a backup or a restore cannot be made as it was asked for
│   ├── CheckError             a version does not hold what every version must hold
│   ├── NotPublishedError      there is no such published version, or the file holds none
│   ├── NotQuarantinedError    the delivery is not in quarantine, or was decided on before
│   ├── AuthenticationError    the API does not know the token
│   ├── PermissionDeniedError  the token's user lacks the permission
│   └── ApiContractError       the API answers in a way that must not be followed
├── TransientError             try again: the same call may succeed later
│   ├── StorageError           the disk refused a write; nothing was acknowledged
│   ├── LakeReplacedError      a compaction or a rebuild put another lake in use meanwhile
│   ├── CatalogError           a catalog of tables cannot be reached, or refuses
│   ├── VersionReplacedError   another machine has published a version meanwhile
│   ├── FileLockedError        another program has the published file open for writing
│   ├── SparkError             Spark does not start, or lost what it was computing
│   └── ApiUnavailableError    the API gave no usable answer, after retries
│       └── CircuitOpenError   the call was not made: too many calls in a row failed
└── RejectedError              set this record aside, go on with the next
    ├── DownloadError          the download failed, or is not the document
    └── RefusedCallError       the API refuses this call and would refuse it again
        └── NotFoundError      the API does not have it
"""

from collections.abc import Iterator
from contextlib import contextmanager


class WarehouseError(Exception):
    """Base of all errors raised on purpose; the message says what, where, and what was expected."""


class FatalError(WarehouseError):
    """Somebody must act: fix a setting, a credential or a damaged lake."""


class SettingError(FatalError):
    """A setting is unknown or ill-formed."""


class MissingExtraError(SettingError):
    """A library is not installed that an extra of this package brings."""

    def __init__(self, extra: str, *, by: str, package: str) -> None:
        super().__init__(
            f"{by} needs {package}, which is not installed; expected pip install 'sighten-warehouse[{extra}]'"
        )


@contextmanager
def requires_extra(extra: str, *, by: str) -> Iterator[None]:
    """Import in this context what the extra brings; `by` is what needs it.

    Raises:
        MissingExtraError: a library of it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package.startswith("sighten_"):
            raise
        raise MissingExtraError(extra, by=by, package=package) from error


class ModelError(FatalError):
    """A SQL model, its header and its description disagree."""


class LakeError(FatalError):
    """Landing files, history files and commits contradict each other."""


class FormatError(FatalError):
    """Landing, lake or a backup was written by newer code, or does not say by which."""


class BackupError(FatalError):
    """A backup is incomplete or damaged, or the place for it or for a restore is not usable."""


class CheckError(FatalError):
    """A version does not hold what every version must hold, and is not published."""


class NotPublishedError(FatalError):
    """There is no such published version, or the file holds none."""


class NotQuarantinedError(FatalError):
    """The delivery is not in quarantine, or was decided on before."""


class AuthenticationError(FatalError):
    """The API does not know the token."""


class PermissionDeniedError(FatalError):
    """The token's user lacks the permission."""


class ApiContractError(FatalError):
    """The API answers in a way that must not be followed: a link to another host, or pages without end."""


class TransientError(WarehouseError):
    """Trying the same call again later may succeed."""


class StorageError(TransientError):
    """The disk refused a write: nothing was acknowledged."""


class LakeReplacedError(TransientError):
    """A compaction or a rebuild put another lake in use; what was to be written is pending, or loaded."""


class CatalogError(TransientError):
    """A catalog of tables cannot be reached or refuses; what it was to register is complete."""


class VersionReplacedError(TransientError):
    """Another machine has published a version meanwhile; what was to be published is loaded, and not lost."""


class FileLockedError(TransientError):
    """Another program has the published file open for writing."""


class SparkError(TransientError):
    """Spark does not start, or lost what it was computing; nothing was published."""


class ApiUnavailableError(TransientError):
    """The API gave no usable answer, after retries."""


class CircuitOpenError(ApiUnavailableError):
    """The call was not made: too many calls in a row failed."""


class RejectedError(WarehouseError):
    """This record cannot be read: it is set aside with a reason, and the others continue.

    Args:
        reason: one word for counting, such as `not_json`.
        place: where in the record: `line 3, column 14`, or a path such as `tasks[2].uuid`.
        expected: what would have been accepted.
    """

    def __init__(self, reason: str, *, place: str, expected: str) -> None:
        super().__init__(f"{reason} at {place}: expected {expected}")
        self.reason = reason
        self.place = place
        self.expected = expected

"""Every error of the product, sorted by what the caller does next.

WarehouseError
├── FatalError               somebody must act
│   ├── SettingError         a setting is unknown or ill-formed
│   ├── ModelError           a SQL model and its description disagree
│   ├── LakeError            landing, history and commits contradict each other
│   └── NotQuarantinedError  what was to be decided on is not in quarantine, or was decided on before
├── TransientError           try again: the same call may succeed later
│   └── StorageError         the disk refused a write; nothing was acknowledged
└── RejectedError            set this record aside, go on with the next
"""


class WarehouseError(Exception):
    """Whatever this product raises on purpose; the message says what, where and what was expected."""


class FatalError(WarehouseError):
    """Nothing but a person's action helps: a setting, a credential, a damaged lake."""


class SettingError(FatalError):
    """A setting is unknown or ill-formed."""


class ModelError(FatalError):
    """A SQL model, its header and its description do not fit together."""


class LakeError(FatalError):
    """Landing files, history files and commits contradict each other."""


class NotQuarantinedError(FatalError):
    """What was to be decided on is not in quarantine, or was decided on before."""


class TransientError(WarehouseError):
    """The same call may succeed later."""


class StorageError(TransientError):
    """The disk refused a write: nothing was acknowledged."""


class RejectedError(WarehouseError):
    """This record cannot be read; it is set aside with a reason and the others go on.

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

"""The format versions of landing and lake: which are read, and how a newer one is refused.

Raise a number when code before it could misread or damage what is written from now on. Code that raises it reads the
older formats, or migrates them when it first writes. What each number means: docs/decisions/formats-have-a-number.md.
"""

from pathlib import Path
from typing import Literal

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import FormatError
from sighten_warehouse.version import __version__

Part = Literal["landing", "lake", "backup"]
FORMATS: dict[Part, int] = {"landing": 1, "lake": 1, "backup": 1}
FILE_NAME = "_format.json"
REMEDY = (
    "Nothing was changed. Install a sighten-warehouse of at least that version, or restore a backup that was made"
    " before the upgrade (docs/runbook.md#upgrade)"
)


class Format(msgspec.Struct, frozen=True):
    """The number of a format, and the version of the product that wrote it first."""

    format: int
    written_by: str


def check_format(folder: Path, part: Part) -> int:
    """The format of what is in the folder; 0 if it has no number, as before there were any.

    Raises:
        FormatError: it is newer than this code knows, or its record cannot be read.
    """
    path = folder / FILE_NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Format)
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except msgspec.MsgspecError as error:
        raise FormatError(f"{path}: expected the format of this {part}, such as {_current(part)}: {error}") from error
    refuse_newer(found.format, part, where=path, written_by=found.written_by)
    return found.format


def refuse_newer(number: int, part: Part, *, where: Path, written_by: str) -> None:
    """Refuse a format that this code does not know.

    Raises:
        FormatError: the format is newer.
    """
    if number > FORMATS[part]:
        raise FormatError(
            f"{where}: {part} of format {number}, written by sighten-warehouse {written_by}; expected format"
            f" {FORMATS[part]} or older, which sighten-warehouse {__version__} knows. {REMEDY}"
        )


def ensure_format(folder: Path, part: Part) -> None:
    """Number what is written from now on, if it has no number or an older one; the folder need not exist.

    Raises:
        FormatError: as `check_format`.
        OSError: the disk refused.
    """
    if check_format(folder, part) < FORMATS[part]:
        write_durably(folder / FILE_NAME, _current(part).encode())


def _current(part: Part) -> str:
    return msgspec.json.encode(Format(FORMATS[part], __version__)).decode()

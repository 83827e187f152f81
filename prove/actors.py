"""The processes that a fault run starts, kills and starts again. A new actor is one more entry."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """A command of the product that is run again and again.

    Args:
        name: its name in the report.
        command: its arguments; `{port}` is a port of its own, `{subject}` whom to erase, `{backups}` a folder.
        copies: how many run side by side.
        serves_s: the longest that it runs, in seconds, until it is killed; 0 if it ends by itself.
        rests: how many times as long as it ran it waits until the next run: the dear ones leave room for the others.
        home: the name of a home of its own, empty at each start; that of all others by default.
    """

    name: str
    command: tuple[str, ...]
    copies: int = 1
    serves_s: float = 0.0
    rests: float = 0.0
    home: str = ""


SUBJECT = "{subject}"
RECEIVER = Actor("receiver", ("receive", "--port", "{port}"), copies=2, serves_s=15, rests=0.5)
ACTORS = (
    RECEIVER,
    Actor("loader", ("load", "--jobs", "1"), copies=2, rests=0.5),
    Actor("publisher", ("publish",), copies=2, rests=0.5),
    Actor("compaction", ("compact",), rests=0.5),
    Actor("exporter", ("publish", "--parquet"), rests=1),
    Actor("rebuild", ("rebuild", "--jobs", "1"), rests=2),
    Actor("scheduler", ("run", "--follow"), serves_s=30, rests=1),
    Actor("eraser", ("erase", SUBJECT, "--yes"), rests=3),
    Actor("backup", ("backup", "{backups}", "--keep", "2"), rests=1),
    Actor("restore", ("restore", "{backups}"), rests=1, home="restored"),
)
IN_SHORT = ACTORS[:4]

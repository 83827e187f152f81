"""One published version, as its manifest records it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Version:
    """One published version.

    `started_at`: before its publish step read history. `published_at`: after the rename; empty while it is being built.
    `new_batches`: the batches that no earlier version held. `tables`: name → number of rows. `codes` and `dal_metrics`:
    digests of the home's codes and of the file of metrics. `lake`: the folder that the views of history read.
    `differing`: the tables in which it differs from the version before, which updates made from the same batches; None
    if that was not compared.
    """

    version: str
    published_at: str
    code_version: str
    batches: int
    new_batches: tuple[str, ...]
    tables: dict[str, int]
    path: str
    codes: str = ""
    lake: str = "lake"
    dal_metrics: str = ""
    started_at: str = ""
    differing: tuple[str, ...] | None = None

    @property
    def published_time(self) -> str | None:
        """When readers could open it, UTC without a zone, as in the tables; None while it is being built."""
        return _utc(self.published_at) if self.published_at else None

    @property
    def started_time(self) -> str:
        """When its publish step began, UTC without a zone; older code recorded no other time."""
        return _utc(self.started_at or self.published_at)


def _utc(time: str) -> str:
    # As text: making times of those of 50,000 versions takes longer than an update of the version.
    return time.partition("+")[0]

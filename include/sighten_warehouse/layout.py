"""Where everything lies below one environment's home."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders and files of one environment, `$SIGHTEN_HOME/$SIGHTEN_ENV`; creating nothing by itself.

    `lake_folder` names a lake other than the one in use, or holds on to that one: see `lake_folder.resolve_lake`.
    """

    root: Path
    lake_folder: str = "lake"

    @property
    def landing(self) -> Path:
        """Landing files by `received_date=YYYY-MM-DD`."""
        return self.root / "landing"

    @property
    def lake(self) -> Path:
        """History: one folder a table, one Parquet file a batch."""
        return self.root / self.lake_folder

    @property
    def next_lake(self) -> Path:
        """The name of the folder that `lake` shall lead to, while it may not do so yet."""
        return self.root / ".lake.next"

    @property
    def commits(self) -> Path:
        """One JSON file a loaded batch, written last."""
        return self.lake / "_commits"

    @property
    def prepared(self) -> Path:
        """Batches on their way: which landing files each takes, and what it wrote so far. Never read by analysts."""
        return self.lake / "_prepared"

    @property
    def codes(self) -> Path:
        """The codes that this home knows besides the product's; absent where it knows none."""
        return self.root / "codes.yml"

    @property
    def pseudonym_key(self) -> Path:
        """The secret that pseudonyms are made with; whoever has it can tell whose they are."""
        return self.root / "pseudonyms.key"

    @property
    def failed_sites(self) -> Path:
        """The sites that failed when they were last pulled, one JSON file each."""
        return self.root / "failed_sites"

    @property
    def vault(self) -> Path:
        """Document bytes by content hash."""
        return self.root / "vault"

    @property
    def published(self) -> Path:
        """What analysts open."""
        return self.root / "published"

    @property
    def warehouse_file(self) -> Path:
        """The newest published version."""
        return self.published / "warehouse.duckdb"

    @property
    def versions(self) -> Path:
        """The last published versions and a manifest of each."""
        return self.published / "versions"

    @property
    def parquet(self) -> Path:
        """The published tables as plain Parquet."""
        return self.published / "parquet"

    @property
    def report_file(self) -> Path:
        """The report on the newest published version, as one HTML file."""
        return self.published / "report.html"

    @property
    def report_data(self) -> Path:
        """What the report shows, as JSON: made once for each version."""
        return self.published / "report.json"

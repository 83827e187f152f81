"""The paths below the home of one environment."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders and files of one environment, `$SIGHTEN_HOME/$SIGHTEN_ENV`; creates nothing.

    `lake_folder`: the link `lake`, or the folder that it points to (see `lake.folder.resolve_lake`), or another lake.
    `landing_folder`: `landing`, or where an erasure prepares landing files.
    """

    root: Path
    lake_folder: str = "lake"
    landing_folder: str = "landing"

    @property
    def landing(self) -> Path:
        """Landing files by `received_date=YYYY-MM-DD`."""
        return self.root / self.landing_folder

    @property
    def lake(self) -> Path:
        """History: one folder a table, one Parquet file a batch."""
        return self.root / self.lake_folder

    @property
    def next_lake(self) -> Path:
        """A pending swap: the name of the folder that the link `lake` will point to."""
        return self.root / ".lake.next"

    @property
    def commits(self) -> Path:
        """One JSON file for each loaded batch, written last."""
        return self.lake / "_commits"

    @property
    def prepared(self) -> Path:
        """Batches not committed yet: the landing files of each, and what it has written. Never read by analysts."""
        return self.lake / "_prepared"

    @property
    def codes(self) -> Path:
        """Codes known in this home in addition to the product's; the file is optional."""
        return self.root / "codes.yml"

    @property
    def acknowledged_drift(self) -> Path:
        """The drift that somebody has looked at; optional."""
        return self.root / "acknowledged_drift.json"

    @property
    def open_alerts(self) -> Path:
        """The alerts that are open, and who was told of them."""
        return self.root / "open_alerts.json"

    @property
    def mailed_report(self) -> Path:
        """Who had the last weekly report; absent if it was never sent."""
        return self.root / "mailed_report.json"

    @property
    def api_refusals(self) -> Path:
        """What the API refuses at present; absent while it refuses nothing."""
        return self.root / "api_refusals.json"

    @property
    def last_backup(self) -> Path:
        """When the home was last backed up, and where to; absent if it never was."""
        return self.root / "last_backup.json"

    @property
    def pseudonym_key(self) -> Path:
        """The secret key of pseudonyms; whoever has it can resolve them to people."""
        return self.root / "pseudonyms.key"

    @property
    def failed_sites(self) -> Path:
        """The sites whose last pull failed, one JSON file each."""
        return self.root / "failed_sites"

    @property
    def erasures(self) -> Path:
        """A receipt of each erasure, by which what was erased is known again, and the key of its digests."""
        return self.root / "erasures"

    @property
    def vault(self) -> Path:
        """The bytes of documents, by content hash."""
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
        """The last published versions, each with a manifest."""
        return self.published / "versions"

    @property
    def parquet(self) -> Path:
        """The published tables as plain Parquet."""
        return self.published / "parquet"

    @property
    def report_file(self) -> Path:
        """The report of the newest published version, as one HTML file."""
        return self.published / "report.html"

    @property
    def report_data(self) -> Path:
        """The data of the report as JSON, written once for each version."""
        return self.published / "report.json"

    @property
    def portable_copies(self) -> Path:
        """Where portable files were written to; optional."""
        return self.published / "portable_copies.json"

    @property
    def work(self) -> Path:
        """Files of the publisher that can be made again at any time; nobody else opens them."""
        return self.root / "work"
